import { MAX_PAYLOAD_DEPTH } from './limits.ts'
import type { Parsed, Refusal } from './parsed.ts'
import { parseJson, refuse } from './parsed.ts'
import { shortenText } from './shorten-text.ts'

/**
 * Half of a character: a surrogate without the other half of its pair. JSON can carry it as an escape, but UTF-8 has no
 * bytes for it, and DynamoDB refuses it together with all other writes of the same call.
 */
const HALF_CHARACTER = /\p{Cs}/u
const ALL_HALF_CHARACTERS = /\p{Cs}/gu
/** JSON text without a match has no half character. Text with a match may have whole pairs, written as escapes. */
const SUSPECT_JSON = /\\u[dD][89a-fA-F]|\p{Cs}/u
/** JSON text without a match has no number that is infinite once it is read. */
const SUSPECT_NUMBER = /\d[eE]\+?\d{3}|(?<!\d)\d{309}/
/** Matches each escape of JSON as a whole, so that an escaped backslash before `ud800` is not taken for half a character. */
const JSON_ESCAPE = /\\(?:(ud[89a-f][0-9a-f]{2})|.)/g

/** Deeper values are refused for their depth. The rest is for the objects around a payload. */
const LEVELS = MAX_PAYLOAD_DEPTH + 10
const MAX_PATH_LENGTH = 200

/** Returns true if a string has half a character. */
export function hasHalfCharacter(text: string): boolean {
  return HALF_CHARACTER.test(text)
}

/** Replaces each half of a character by U+FFFD. */
export function replaceHalfCharacters(text: string): string {
  return text.replaceAll(ALL_HALF_CHARACTERS, '\uFFFD')
}

/** Replaces each half of a character in the text that `JSON.stringify` made. It writes whole characters without escapes. */
export function replaceHalfCharactersInJson(json: string): string {
  if (!SUSPECT_JSON.test(json)) return json
  return json.replace(JSON_ESCAPE, (escape, half: string | undefined) => (half === undefined ? escape : '\uFFFD'))
}

/** Returns true if a value that was read from this JSON text must be looked through for what cannot be stored. */
export function mayBeUnstorable(json: string): boolean {
  return SUSPECT_JSON.test(json) || SUSPECT_NUMBER.test(json)
}

/**
 * Reads the JSON text of a request whose parts belong together. Half a character anywhere, or a number that is too large,
 * refuses it as a whole.
 *
 * @example
 * parseRequestJson(String.raw`{"tags":["a","\ud83d"]}`, 'The body')
 * // { ok: false, error: { code: 'INVALID_REQUEST', path: 'tags.1', message: 'The string at "tags.1" has half …' } }
 */
export function parseRequestJson(text: string, what: string): Parsed<unknown> {
  const json = parseJson(text, what)
  if (!json.ok || !mayBeUnstorable(text)) return json
  return refuseUnstorable(json.value, '') ?? json
}

/**
 * Returns the refusal of the first string or name with half a character, or of the first number that JavaScript cannot
 * hold: it would be stored as null. `prefix` is like `jobs.3.`.
 */
export function refuseUnstorable(value: unknown, prefix: string): Refusal | undefined {
  const found = findUnstorable(value, '', LEVELS)
  if (found === undefined) return undefined
  const path = shortenText(replaceHalfCharacters(prefix + found.path), MAX_PATH_LENGTH)
  const message =
    found.what === 'number'
      ? `The number at "${path}" is larger than any that JavaScript has (about 1.8e308): send it as a string.`
      : `The ${found.what} at "${path}" has half a character (a lone surrogate), which UTF-8 cannot carry: cut strings between characters.`
  return refuse('INVALID_REQUEST', message, path)
}

interface Unstorable {
  readonly path: string
  readonly what: 'string' | 'name' | 'number'
}

function findUnstorable(value: unknown, path: string, levels: number): Unstorable | undefined {
  if (typeof value === 'string') return hasHalfCharacter(value) ? { path, what: 'string' } : undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : { path, what: 'number' }
  if (typeof value !== 'object' || value === null || levels === 0) return undefined
  for (const [name, inner] of Object.entries(value)) {
    const innerPath = path === '' ? name : `${path}.${name}`
    if (hasHalfCharacter(name)) return { path: innerPath, what: 'name' }
    const found = findUnstorable(inner, innerPath, levels - 1)
    if (found !== undefined) return found
  }
  return undefined
}
