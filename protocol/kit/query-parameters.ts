import type { ErrorCode } from './errors.ts'
import type { Parsed, Refusal } from './parsed.ts'
import { accept, refuse } from './parsed.ts'
import { shortenText } from './shorten-text.ts'

/** The decoded parameters of a query by name, each with all its values. */
export type QueryParameters = Readonly<Record<string, readonly string[] | undefined>>

/** The allowed values of a parameter. `read` returns undefined for any other. */
export interface Kind<Value> {
  /** Completes the sentence `must be …`. */
  readonly wanted: string
  readonly read: (text: string) => Value | undefined
  readonly code?: ErrorCode
}

/** Reads the parameters of a query, and remembers the first that is refused. */
export interface ParameterReader {
  /** Returns the value of a parameter; undefined if it is absent or refused. */
  one<Value>(name: string, kind: Kind<Value>): Value | undefined
  /** Returns the values of a parameter that may be given several times. */
  many<Value>(name: string, kind: Kind<Value>, most: number): readonly Value[]
  refuse(name: string, message: string): void
}

/**
 * Reads a query that may have parameters with these names. A name that ends in a dot, like `metadata.`, stands for all
 * names that begin with it.
 */
export function readParameters<Value>(
  query: QueryParameters,
  names: readonly string[],
  read: (parameters: ParameterReader) => Value,
): Parsed<Value> {
  const strange = Object.keys(query).find((name) => !names.some((known) => fits(name, known)))
  if (strange !== undefined) {
    const shown = shortenText(strange, 60)
    const known = names.map((name) => (name.endsWith('.') ? `${name}<name>` : name)).join(', ')
    return refuse('INVALID_REQUEST', `There is no parameter "${shown}" here. This route takes: ${known}.`, shown)
  }
  let refusal: Refusal | undefined
  const refuseFirst = (name: string, message: string, code: ErrorCode = 'INVALID_REQUEST'): void => {
    refusal ??= refuse(code, message, name)
  }
  const readOne = <One>(name: string, text: string, { wanted, read: readText, code }: Kind<One>): One | undefined => {
    const value = readText(text)
    if (value === undefined)
      refuseFirst(name, `The parameter "${name}" must be ${wanted}; got "${shortenText(text, 40)}".`, code)
    return value
  }
  const value = read({
    one: (name, kind) => {
      const texts = query[name] ?? []
      if (texts.length > 1) refuseFirst(name, `The parameter "${name}" was given ${texts.length} times: give it once.`)
      return texts[0] === undefined ? undefined : readOne(name, texts[0], kind)
    },
    many: (name, kind, most) => {
      const texts = query[name] ?? []
      if (texts.length > most) refuseFirst(name, `The parameter "${name}" may be given at most ${most} times.`)
      return texts.map((text) => readOne(name, text, kind)).filter((one) => one !== undefined)
    },
    refuse: refuseFirst,
  })
  return refusal ?? accept(value)
}

function fits(name: string, known: string): boolean {
  return known.endsWith('.') ? name.startsWith(known) && name.length > known.length : name === known
}

export function matching(pattern: RegExp, wanted: string, code?: ErrorCode): Kind<string> {
  const read = (text: string): string | undefined => (pattern.test(text) ? text : undefined)
  return code === undefined ? { wanted, read } : { wanted, read, code }
}

export function textOf(maxLength: number): Kind<string> {
  const read = (text: string): string | undefined => (text !== '' && text.length <= maxLength ? text : undefined)
  return { wanted: `1 to ${maxLength} characters long`, read }
}

export function wholeNumberOf(min: number, max: number): Kind<number> {
  const read = (text: string): number | undefined => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    return number >= min && number <= max ? number : undefined
  }
  return { wanted: `a whole number from ${min} to ${max}`, read }
}

export function choiceOf<Choice extends string>(choices: readonly Choice[]): Kind<Choice> {
  return { wanted: `one of ${choices.join(', ')}`, read: (text) => choices.find((choice) => choice === text) }
}

/** Some of these, separated by commas; read in the order of the choices, so that one list has one form. */
export function someOf<Choice extends string>(choices: readonly Choice[]): Kind<readonly Choice[]> {
  return {
    wanted: `one or more of ${choices.join(', ')}, separated by commas`,
    read: (text) => {
      const named = text.split(',')
      const known = choices.filter((choice) => named.includes(choice))
      return named.every((name) => (choices as readonly string[]).includes(name)) ? known : undefined
    },
  }
}

const ISO_TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/
/** The last moment that a JavaScript date can name. */
const LAST_MS = 8_640_000_000_000_000

/** A moment, in epoch milliseconds or as ISO 8601 writes it. */
export const MOMENT: Kind<number> = {
  wanted: 'a time in epoch milliseconds or like 2026-11-21T08:00:00Z',
  read: (text) => {
    const ms = /^\d{1,16}$/.test(text) ? Number(text) : ISO_TIME.test(text) ? Date.parse(text) : Number.NaN
    return ms >= 0 && ms <= LAST_MS ? ms : undefined
  },
}
