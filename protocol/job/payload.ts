import { MAX_PAYLOAD_BYTES } from '../kit/limits.ts'

/** Where an input or an output is that is too large to be kept in its record. */
export interface PayloadPointer {
  /** The key of an object in the deployment's own bucket. */
  readonly key: string
  /** Of its JSON. */
  readonly bytes: number
}

/**
 * How many days payloads are kept: each goes where it is kept for a little longer than its record. One lifecycle rule
 * of the bucket stands for each. A number may be added; taking one away loses payloads that are there.
 */
export const RETENTION_DAYS = [2, 8, 32, 93, 367, 1_100, 4_400] as const

/** Where the keys begin of payloads that are kept for so many days. */
export function retentionPrefix(days: number): string {
  return `${days}d/`
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * How many bytes a payload takes of what Lambda takes or answers at once. It travels there as JSON within a text within
 * JSON: every quote and every backslash is escaped once more.
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

/** Whether an input or an output, as JSON, is over the limit. */
export function exceedsPayload(json: string): boolean {
  if (json.length > MAX_PAYLOAD_BYTES) return true
  return json.length * 3 > MAX_PAYLOAD_BYTES && carriedBytes(json) > MAX_PAYLOAD_BYTES
}

/** Two of them make a character of four bytes. A lone one, of three, JSON escapes. */
function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xe000
}
