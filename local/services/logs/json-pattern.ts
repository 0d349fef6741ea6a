import { ownValue } from '../../named-values.ts'
import { invalidPattern } from './invalid-pattern.ts'

/** Returns true if a message is one that the pattern asks for. */
export type MessageFilter = (message: string) => boolean

type Condition = (event: unknown) => boolean

/** Reads `{ $.level = "ERROR" && ($.status >= 500 || $.job NOT EXISTS) }`. It matches no message that is not JSON. */
export function parseJsonPattern(text: string): MessageFilter {
  const tokens = tokenize(text)
  const condition = new PatternReader(tokens).read()
  return (message) => {
    const event = parseObject(message)
    return event !== undefined && condition(event)
  }
}

const TOKEN =
  /\s*(?:(\{|\}|\(|\)|&&|\|\||!=|<=|>=|=|<|>)|("(?:[^"\\]|\\.)*")|(\$(?:\.[\w-]+|\[\d+\]|\["[^"]+"\])*)|([\w.*:/+-]+))/gy

function tokenize(text: string): string[] {
  const tokens: string[] = []
  let position = 0
  for (const match of text.matchAll(TOKEN)) {
    position = match.index + match[0].length
    tokens.push(match[0].trim())
  }
  if (text.slice(position).trim() === '') return tokens
  throw invalidPattern(`the local cloud cannot read ${text.slice(position).trim()}`)
}

const OPERATORS: Readonly<Record<string, (one: number, other: number) => boolean>> = {
  '<': (one, other) => one < other,
  '<=': (one, other) => one <= other,
  '>': (one, other) => one > other,
  '>=': (one, other) => one >= other,
}

/** Reads the tokens of one pattern. `&&` binds closer than `||`. */
class PatternReader {
  readonly #tokens: readonly string[]
  #next = 0

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens
  }

  read(): Condition {
    this.#expect('{')
    const condition = this.#any()
    this.#expect('}')
    if (this.#next < this.#tokens.length) throw invalidPattern('nothing may follow the closing brace')
    return condition
  }

  #any(): Condition {
    const conditions = [this.#all()]
    while (this.#take('||')) conditions.push(this.#all())
    return (event) => conditions.some((condition) => condition(event))
  }

  #all(): Condition {
    const conditions = [this.#one()]
    while (this.#take('&&')) conditions.push(this.#one())
    return (event) => conditions.every((condition) => condition(event))
  }

  #one(): Condition {
    if (this.#take('(')) {
      const condition = this.#any()
      this.#expect(')')
      return condition
    }
    const selector = this.#tokens[this.#next++] ?? ''
    if (!selector.startsWith('$')) throw invalidPattern(`a condition begins with a field like $.level, not ${selector}`)
    const find = selectorOf(selector)
    const operator = this.#tokens[this.#next++] ?? ''
    if (operator === 'IS') return this.#is(find)
    if (operator === 'NOT') {
      this.#expect('EXISTS')
      return (event) => find(event) === undefined
    }
    const operand = this.#tokens[this.#next++]
    if (operand === undefined) throw invalidPattern('a value is missing')
    return comparison(find, operator, operand)
  }

  #is(find: (event: unknown) => unknown): Condition {
    const word = this.#tokens[this.#next++]
    if (word !== 'NULL' && word !== 'TRUE' && word !== 'FALSE') throw invalidPattern('IS needs NULL, TRUE or FALSE')
    const wanted = { NULL: null, TRUE: true, FALSE: false }[word]
    return (event) => find(event) === wanted
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#next] !== token) return false
    this.#next++
    return true
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw invalidPattern(`${token} is missing`)
  }
}

function comparison(find: (event: unknown) => unknown, operator: string, operand: string): Condition {
  const text = operand.startsWith('"') ? operand.slice(1, -1).replaceAll(/\\(.)/gs, '$1') : operand
  if (operator === '=' || operator === '!=') {
    return (event) => {
      const value = find(event)
      return value !== undefined && equals(value, text) === (operator === '=')
    }
  }
  const compare = ownValue(OPERATORS, operator)
  const limit = Number(text)
  if (compare === undefined) throw invalidPattern(`${operator} is not an operator`)
  if (Number.isNaN(limit)) throw invalidPattern(`${operator} needs a number, not ${operand}`)
  return (event) => {
    const value = find(event)
    return typeof value === 'number' && compare(value, limit)
  }
}

/** A `*` stands for any characters. */
function equals(value: unknown, text: string): boolean {
  if (typeof value === 'number' && text.trim() !== '' && value === Number(text)) return true
  if (typeof value !== 'string' && typeof value !== 'number') return false
  const parts = text.split('*').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(String(value))
}

function selectorOf(selector: string): (event: unknown) => unknown {
  const steps = [...selector.matchAll(/\.([\w-]+)|\[(\d+)\]|\["([^"]+)"\]/g)].map(
    (match) => match[1] ?? match[2] ?? match[3]!,
  )
  return (event) => {
    let value = event
    for (const step of steps) {
      if (typeof value !== 'object' || value === null) return undefined
      value = ownValue(value as Record<string, unknown>, step)
    }
    return value
  }
}

function parseObject(message: string): unknown {
  if (!message.startsWith('{')) return undefined
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}
