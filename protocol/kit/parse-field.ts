import {
  MAX_METADATA_ENTRIES,
  MAX_METADATA_NAME_LENGTH,
  MAX_METADATA_TEXT_LENGTH,
  MAX_TAG_LENGTH,
  MAX_TAGS,
} from './limits.ts'
import type { Refusal } from './parsed.ts'
import { refuse } from './parsed.ts'
import { describe } from './parse-issue.ts'
import { type Duration, durationMs } from './policy.ts'
import { shortenText } from './shorten-text.ts'

/** Checks one field. Returns undefined if it is valid. `path` ends in the name of the field. */
export type FieldCheck = (value: unknown, path: string, field: string) => Refusal | undefined

/** Returns the refusal of the first field that its check refuses. Absent fields are valid. */
export function checkFields(
  object: Readonly<Record<string, unknown>>,
  checks: Readonly<Record<string, FieldCheck>>,
  prefix: string,
  fieldPrefix = '',
): Refusal | undefined {
  for (const [field, check] of Object.entries(checks)) {
    if (object[field] === undefined) continue
    const refusal = check(object[field], `${prefix}${field}`, `${fieldPrefix}${field}`)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

export function duration(minMs: number, maxMs: number): FieldCheck {
  return (value, path, field) => {
    const ms = readDuration(value)
    if (ms !== undefined && ms >= minMs && ms <= maxMs) return undefined
    const range = `from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`
    return mustBe(`a duration ${range}, as milliseconds or like "30s"`, value, path, field)
  }
}

function readDuration(value: unknown): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined
  try {
    return durationMs(value as Duration)
  } catch {
    return undefined
  }
}

/** Writes `90000` as `90s` and `86400000` as `1d`. */
function formatDuration(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'm'],
    [1_000, 's'],
  ] as const
  const unit = units.find(([size]) => ms >= size && ms % size === 0)
  return unit === undefined ? `${ms}ms` : `${ms / unit[0]}${unit[1]}`
}

export function wholeNumber(min: number, max: number): FieldCheck {
  return (value, path, field) =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
      ? undefined
      : mustBe(`a whole number from ${min} to ${max}`, value, path, field)
}

export function text(maxLength: number): FieldCheck {
  return (value, path, field) =>
    isText(value, maxLength) ? undefined : mustBe(`a string of 1 to ${maxLength} characters`, value, path, field)
}

export function flag(value: unknown, path: string, field: string): Refusal | undefined {
  return typeof value === 'boolean' ? undefined : mustBe('true or false', value, path, field)
}

export function oneOf(values: readonly string[]): FieldCheck {
  return (value, path, field) =>
    (values as readonly unknown[]).includes(value)
      ? undefined
      : mustBe(`one of ${values.join(', ')}`, value, path, field)
}

/** Checks an object that may have these fields and no others. */
export function fields(checks: Readonly<Record<string, FieldCheck>>): FieldCheck {
  return (value, path, field) => {
    if (!isObject(value)) {
      return mustBe(`an object with any of ${Object.keys(checks).join(', ')}`, value, path, field)
    }
    const unknown = Object.keys(value).find((name) => !Object.hasOwn(checks, name))
    if (unknown !== undefined) {
      const shown = shortenText(unknown, 40)
      const message = `There is no field "${field}.${shown}". "${field}" may have: ${Object.keys(checks).join(', ')}.`
      return refuse('INVALID_REQUEST', message, `${path}.${shown}`)
    }
    return checkFields(value, checks, `${path}.`, `${field}.`)
  }
}

export function tags(value: unknown, path: string, field: string): Refusal | undefined {
  if (!Array.isArray(value) || value.length > MAX_TAGS) {
    return mustBe(`a list of at most ${MAX_TAGS} tags`, value, path, field)
  }
  const bad = value.findIndex((tag) => !isText(tag, MAX_TAG_LENGTH))
  if (bad < 0) return undefined
  return mustBe(`a string of 1 to ${MAX_TAG_LENGTH} characters`, value[bad], `${path}.${bad}`, `${field}.${bad}`)
}

/** A name begins with a letter, so that no name has a meaning in JavaScript itself. */
const METADATA_NAME = /^[A-Za-z][A-Za-z0-9_.:-]*$/

export function metadata(value: unknown, path: string, field: string): Refusal | undefined {
  if (!isObject(value) || Object.keys(value).length > MAX_METADATA_ENTRIES) {
    return mustBe(`an object of at most ${MAX_METADATA_ENTRIES} entries`, value, path, field)
  }
  for (const [name, entry] of Object.entries(value)) {
    const shown = shortenText(name, MAX_METADATA_NAME_LENGTH)
    if (name.length > MAX_METADATA_NAME_LENGTH || !METADATA_NAME.test(name)) {
      const rule = `1 to ${MAX_METADATA_NAME_LENGTH} letters, digits and . _ : -, and begin with a letter`
      return refuse('INVALID_REQUEST', `A name in "${field}" must have ${rule}; got "${shown}".`, `${path}.${shown}`)
    }
    if (typeof entry === 'boolean' || isStorable(entry)) continue
    if (typeof entry === 'string' && entry.length <= MAX_METADATA_TEXT_LENGTH) continue
    const wanted = `a string of at most ${MAX_METADATA_TEXT_LENGTH} characters, a number (10^-130 to 10^126), true or false`
    return mustBe(wanted, entry, `${path}.${name}`, `${field}.${name}`)
  }
  return undefined
}

/** Checks the range of DynamoDB. It refuses a number beyond it, and all other writes of the same call. */
function isStorable(value: unknown): boolean {
  if (typeof value !== 'number') return false
  const size = Math.abs(value)
  return size === 0 || (size >= 1e-130 && size < 1e126)
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxLength
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function mustBe(what: string, value: unknown, path: string, field: string): Refusal {
  return refuse('INVALID_REQUEST', `The field "${field}" must be ${what}; got ${describe(value)}.`, path)
}
