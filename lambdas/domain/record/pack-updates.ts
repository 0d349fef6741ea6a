import type { JobUpdate } from '../../../protocol/job/job.ts'
import { MAX_SOCKET_MESSAGE_BYTES } from '../../../protocol/kit/limits.ts'
import { utf8Length } from '../../../protocol/kit/utf8.ts'

/** An update, encoded for a frame. */
export interface EncodedUpdate {
  readonly update: JobUpdate
  readonly json: string
  readonly bytes: number
}

/** Room for the rest of a frame around its updates: type, ref and brackets. */
const ENVELOPE_BYTES = 128
const BUDGET_BYTES = MAX_SOCKET_MESSAGE_BYTES - ENVELOPE_BYTES

/** Encodes an update. Leaves its output out if the update would not fit in a message of its own. */
export function encodeUpdate(update: JobUpdate): EncodedUpdate {
  const json = JSON.stringify(update)
  const bytes = utf8Length(json)
  if (bytes <= BUDGET_BYTES || update.outputOmitted) return { update, json, bytes }
  const { output: _tooLarge, ...rest } = update
  return encodeUpdate({ ...rest, outputOmitted: true })
}

/**
 * Counts the updates, from the first one, that fit in one message beside `otherBytes`. Returns at least 1 if there is
 * nothing else in the message.
 */
export function countThatFit(updates: readonly EncodedUpdate[], otherBytes = 0): number {
  let bytes = otherBytes
  let count = 0
  while (count < updates.length) {
    bytes += updates[count]!.bytes + 1
    if (bytes > BUDGET_BYTES && (count > 0 || otherBytes > 0)) break
    count++
  }
  return count
}
