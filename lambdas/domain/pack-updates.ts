import type { JobRecord, JobUpdate, Json } from '../../protocol/job.ts'
import { MAX_SOCKET_MESSAGE_BYTES, MAX_TOLD_INPUT_BYTES } from '../../protocol/limits.ts'
import { exceedsUtf8, utf8Length } from '../../protocol/utf8.ts'
import type { JobState } from './job.ts'
import type { StoredJob } from './ports.ts'

/** An update as it goes into a frame. */
export interface EncodedUpdate {
  readonly update: JobUpdate
  readonly json: string
  readonly bytes: number
}

/** Room for what a frame has around its updates: type, ref and brackets. */
const ENVELOPE_BYTES = 128
const BUDGET_BYTES = MAX_SOCKET_MESSAGE_BYTES - ENVELOPE_BYTES

/** Encodes an update; leaves its output out where it would not fit a message even alone. */
export function encodeUpdate(update: JobUpdate): EncodedUpdate {
  const json = JSON.stringify(update)
  const bytes = utf8Length(json)
  if (bytes <= BUDGET_BYTES || update.outputOmitted) return { update, json, bytes }
  const { output: _tooLarge, ...rest } = update
  return encodeUpdate({ ...rest, outputOmitted: true })
}

/** How many updates, from the first one, fit one message. At least one. */
export function countThatFit(updates: readonly EncodedUpdate[]): number {
  let bytes = 0
  let count = 0
  while (count < updates.length) {
    bytes += updates[count]!.bytes + 1
    if (bytes > BUDGET_BYTES && count > 0) break
    count++
  }
  return count
}

/**
 * What watchers get: the part that changes. Of a job that has failed or was cancelled, all of it: whoever looks into
 * that wants to know what it was given, and needs no further request.
 */
export function tellOf({ namespace, id, state, createdAt, expiresAt, facts }: StoredJob): JobUpdate | JobRecord {
  const update = toUpdate(id, state)
  if (state.status !== 'failed' && state.status !== 'cancelled') return update
  const { inputJson, ...told } = facts
  return { ...update, namespace, ...told, ...inputOf(inputJson), createdAt, expiresAt }
}

function inputOf(json: string | undefined): Pick<JobRecord, 'input' | 'inputOmitted'> {
  if (json === undefined || exceedsUtf8(json, MAX_TOLD_INPUT_BYTES)) return { input: null, inputOmitted: true }
  return { input: JSON.parse(json) as Json }
}

/** The part of a job that changes, without what is ours alone. */
export function toUpdate(id: string, { lostRuns: _ours, outputRef, ...state }: JobState): JobUpdate {
  return outputRef === undefined ? { id, ...state } : { id, ...state, outputOmitted: true }
}
