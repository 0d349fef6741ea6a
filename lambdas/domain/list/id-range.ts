import type { JobFilter, Order } from '../../../protocol/list/list.ts'

/**
 * The ids between two texts, both of them included. The texts need not be ids. The marks below are chosen so that the
 * same range also fits the keys of failed jobs, `<id>#<code>`: `#` sorts before `$`, both sort before any character of
 * an id, and `~` sorts after all of them.
 */
export interface IdRange {
  readonly from: string
  readonly to: string
}

const BEFORE_ALL = '!'
const PAST_ID = '$'
const AFTER_ALL = '~'

/** A client's clock may be off, and a job may wait on the client before it is submitted. */
const CLOCK_SLACK_MS = 86_400_000
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const TIME_LENGTH = 10
const GENERATED_ID = new RegExp(`^[${ALPHABET}]{26}$`)

/** Returns true if an id looks like the ids that clients and the platform generate. */
export function isGeneratedId(id: string): boolean {
  return GENERATED_ID.test(id)
}

/**
 * Returns the range in which the ids that pass a filter are; undefined if there can be none. Times narrow the range
 * only if the filter asks for generated ids: a caller's own ids say nothing of time, and may lie anywhere.
 */
export function filterRange({ prefix, generated, since, until }: JobFilter): IdRange | undefined {
  let from = prefix ?? BEFORE_ALL
  let to = `${prefix ?? ''}${AFTER_ALL}`
  if (generated === true) {
    if (since !== undefined) from = later(from, encodeTime(since - CLOCK_SLACK_MS))
    if (until !== undefined) to = earlier(to, `${encodeTime(until + CLOCK_SLACK_MS)}${AFTER_ALL}`)
  }
  return from <= to ? { from, to } : undefined
}

/** Returns the rest of a range behind an id, in the order of reading; undefined if nothing is left. */
export function rangeAfter({ from, to }: IdRange, id: string, order: Order): IdRange | undefined {
  const rest = order === 'asc' ? { from: later(from, `${id}${PAST_ID}`), to } : { from, to: earlier(to, endBefore(id)) }
  return rest.from <= rest.to ? rest : undefined
}

/** Returns a text that sorts after every smaller id, and before the id itself. */
function endBefore(id: string): string {
  const last = id.charCodeAt(id.length - 1)
  return `${id.slice(0, -1)}${String.fromCharCode(last - 1)}${AFTER_ALL}`
}

/** Returns the ten characters with which an id begins that was generated at that time. */
function encodeTime(ms: number): string {
  let rest = Math.max(0, Math.floor(ms))
  let text = ''
  for (let place = 0; place < TIME_LENGTH; place++) {
    text = ALPHABET[rest % 32] + text
    rest = Math.floor(rest / 32)
  }
  return text
}

function later(one: string, other: string): string {
  return one > other ? one : other
}

function earlier(one: string, other: string): string {
  return one < other ? one : other
}
