/** The reason why a cron expression is invalid: the end of a sentence that begins with the expression. */
export class CronError extends Error {
  override readonly name = 'CronError'
}

export interface Field {
  readonly name: string
  readonly least: number
  readonly most: number
  /** Words for the values, beginning with the word for `least`. */
  readonly names?: readonly string[]
}

/**
 * Returns the values that a field of a cron expression names, in order: `*`, values, ranges `1-5`, lists `1,3`, and
 * steps (every fifth minute, or `10/15` for every fifteenth from the tenth on).
 *
 * @example
 * parseField('0/20', { name: 'minutes', least: 0, most: 59 }) // [0, 20, 40]
 */
export function parseField(text: string, field: Field): number[] {
  const values = new Set(text.split(',').flatMap((part) => parsePart(part, field)))
  return [...values].sort((a, b) => a - b)
}

function parsePart(part: string, field: Field): number[] {
  const [range = '', stepText, ...rest] = part.split('/')
  if (rest.length > 0) throw misread(part, field)
  const step = stepText === undefined ? 1 : Number(/^\d+$/.test(stepText) ? stepText : NaN)
  if (!(step >= 1)) {
    throw new CronError(`the step "${stepText}" of its field ${field.name} is not a whole number above 0`)
  }
  const [first, last] = bounds(range, field, stepText !== undefined)
  if (first > last) throw new CronError(`the range "${range}" of its field ${field.name} runs backwards`)
  const values: number[] = []
  for (let value = first; value <= last; value += step) values.push(value)
  return values
}

function bounds(range: string, field: Field, stepped: boolean): readonly [first: number, last: number] {
  if (range === '*') return [field.least, field.most]
  const [first = '', last, ...rest] = range.split('-')
  if (rest.length > 0) throw misread(range, field)
  const start = parseValue(first, field)
  if (last !== undefined) return [start, parseValue(last, field)]
  return [start, stepped ? field.most : start]
}

/** Reads one value, given as a number or as a word. */
export function parseValue(text: string, field: Field): number {
  const named = field.names?.indexOf(text.toUpperCase()) ?? -1
  const value = named >= 0 ? named + field.least : Number(/^\d+$/.test(text) ? text : NaN)
  if (value >= field.least && value <= field.most) return value
  throw misread(text, field)
}

function misread(text: string, { name, least, most, names }: Field): CronError {
  const words = names === undefined ? '' : `, or ${names[0]} to ${names.at(-1)}`
  return new CronError(`"${text}" is not allowed in its field ${name}, which takes ${least} to ${most}${words}`)
}
