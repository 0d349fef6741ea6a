import { MAX_PAYLOAD_BYTES } from '../kit/limits.ts'

/** The place of an input or an output that is too large for its record. */
export interface PayloadPointer {
  /** The key of an object in the deployment's own bucket. */
  readonly key: string
  /** The size of its JSON. */
  readonly bytes: number
}

/**
 * The periods for which payloads are kept, in days. Each payload gets one that is a little longer than its record is
 * kept. The bucket has one lifecycle rule for each. A period may be added; removing one loses its payloads.
 */
export const RETENTION_DAYS = [2, 8, 32, 93, 367, 1_100, 4_400] as const

/** Returns the beginning of the keys of payloads that are kept for so many days. */
export function retentionPrefix(days: number): string {
  return `${days}d/`
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Counts the bytes of a payload in a request or an answer of Lambda. There it is JSON within a string within JSON, so
 * every quote and every backslash is escaped once more.
 */
export function carriedBytes(json: string): number {
  let bytes = json.length
  for (let index = 0; index < json.length; index++) {
    const unit = json.charCodeAt(index)
    if (unit === QUOTE || unit === BACKSLASH) bytes++
    else if (unit >= 0x80) bytes += unit < 0x800 || isSurrogate(unit) ? 1 : 2
  }
  return bytes
}

/** Returns true if an input or an output, as JSON, is over the limit. */
export function exceedsPayload(json: string): boolean {
  if (json.length > MAX_PAYLOAD_BYTES) return true
  return json.length * 3 > MAX_PAYLOAD_BYTES && carriedBytes(json) > MAX_PAYLOAD_BYTES
}

/** Two surrogates make a character of four bytes. A lone one would take three, but JSON escapes it. */
function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xe000
}
