import { seededRandom } from '../../../support/random-numbers.ts'

/** A source of choices that is the same for the same seed. */
export interface Chooser {
  /** A whole number from 0 to `below` - 1. */
  number(below: number): number
  pick<Value>(values: readonly Value[]): Value
  chance(probability: number): boolean
}

export function chooserOf(seed: number): Chooser {
  const random = seededRandom(seed)
  const number = (below: number): number => Math.floor(random() * below)
  return { number, pick: (values) => values[number(values.length)]!, chance: (probability) => random() < probability }
}

/** Names with a meaning in JavaScript, and others that a reader of JSON may trip over. */
export const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'then',
  'toJSON',
  'length',
  '',
  ' ',
  '.',
  '..',
  'jobs',
  'a.b',
  'é',
  '\u0000',
  '\ud83d',
  '😀',
  'x'.repeat(300),
]

const STRINGS = [
  ...NAMES,
  '\ude00x',
  'x\ud83d',
  '\uFEFF',
  '\u2028',
  '%ED%A0%80',
  '%',
  '1h30m',
  '1.5h',
  '-1s',
  '1e400',
  'Infinity',
  'null',
  '2026-99-99T00:00:00Z',
  '0 0 31 2 ? *',
  'https://user:pass@example.com/#x',
  'javascript:alert(1)',
  'http://[::1',
  'x'.repeat(20_000),
  '😀'.repeat(200),
]

const NUMBERS = [0, -0, -1, 1, 0.5, 1e308, 5e-324, 2 ** 53, -(2 ** 53), 1e126, 1e-131, 2 ** 31, 86_400_000]

function nested(levels: number): unknown {
  return JSON.parse('[{"a":'.repeat(levels) + '1' + '}]'.repeat(levels))
}

function evilValue(choose: Chooser): unknown {
  switch (choose.number(8)) {
    case 0:
      return choose.pick(NUMBERS)
    case 1:
      return choose.pick([null, true, false])
    case 2:
      return choose.pick([[], {}, [[]], [null], { '': {} }])
    case 3:
      return nested(choose.pick([1, 249, 251, 600]))
    case 4:
      return Array.from({ length: choose.pick([1, 21, 501]) }, () => choose.pick(STRINGS))
    case 5:
      return Object.fromEntries([[choose.pick(NAMES), choose.pick(STRINGS)]])
    default:
      return choose.pick(STRINGS)
  }
}

/** Changes some places of a value: other values, other names, missing, repeated and added parts. */
export function mutateValue(choose: Chooser, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || choose.chance(0.05)) return evilValue(choose)
  if (Array.isArray(value)) {
    const index = choose.number(value.length)
    if (choose.chance(0.15)) return [...value, evilValue(choose)]
    if (choose.chance(0.1)) return value.toSpliced(index, 1)
    return value.length === 0 ? [evilValue(choose)] : value.with(index, mutateValue(choose, value[index]))
  }
  const entries = Object.entries(value)
  const index = choose.number(entries.length)
  const entry = entries[index]
  if (entry === undefined || choose.chance(0.15))
    return fromEntries([...entries, [choose.pick(NAMES), evilValue(choose)]])
  if (choose.chance(0.1)) return fromEntries(entries.toSpliced(index, 1))
  if (choose.chance(0.1)) return fromEntries(entries.with(index, [choose.pick(NAMES), entry[1]]))
  return fromEntries(entries.with(index, [entry[0], mutateValue(choose, entry[1])]))
}

/** Unlike an assignment, this makes `__proto__` a property like any other. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): object {
  return Object.fromEntries(entries)
}

/** Changes the JSON text itself: broken, cut, doubled names, huge numbers, a byte order mark. */
export function mutateText(choose: Chooser, json: string): string {
  const place = choose.number(json.length + 1)
  switch (choose.number(9)) {
    case 0:
      return json.slice(0, place)
    case 1:
      return (
        json.slice(0, place) + choose.pick(['"', '{', ']', ',', '\\', '\u0000', '\ud800', 'NaN']) + json.slice(place)
      )
    case 2:
      return `\uFEFF${json}`
    case 3:
      return json.replace('{', `{${JSON.stringify(choose.pick(['task', 'type', 'jobs', 'ref', '__proto__']))}:7,`)
    case 4:
      return json.replace(/\d+/, choose.pick(['1e999', '-1e999', '00', '1'.repeat(400), '0.1e-400', '-0']))
    case 5:
      return json.replace('}', `,"ref":${choose.pick(['-1', '1.5', '"1"', '9007199254740993', 'null'])}}`)
    case 6:
      return `${json}${choose.pick([' ', '\n', '\u0000', json, ';'])}`
    case 7:
      return choose.pick(['', ' ', 'null', '[]', '7', '"x"', 'undefined', '{}', '['.repeat(20_000)])
    default:
      return json.replaceAll('"', choose.pick(["'", '“', '""']))
  }
}

/** Puts a byte that is not UTF-8 somewhere into a text. */
export function breakUtf8(choose: Chooser, text: string): Buffer {
  const bytes = Buffer.from(text)
  const place = choose.number(bytes.length + 1)
  const broken = Buffer.from(choose.pick([[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf0, 0x9f], [0xc0, 0x80]]))
  return Buffer.concat([bytes.subarray(0, place), broken, bytes.subarray(place)])
}
