import { MAX_TIMEOUT_MS } from '../../../protocol/kit/limits.ts'
import type { RecordedRun } from '../job/job-state.ts'
import type { BatchItem, JobInBatch } from './job-in-batch.ts'

/** No function runs for longer. Its outcome is stored by then, and clocks differ. */
const LONGEST_RUN_MS = MAX_TIMEOUT_MS + 60_000
/** The cheap read of another worker may be behind by so much, and clocks differ. */
const RESCUE_MARGIN_MS = 5_000

/**
 * Says what a message may do for its job. A job has one message as a rule, but it can have several: a resubmit sends one,
 * SQS may deliver a message twice, and a worker may die after it sent a new message and before it deleted the old one.
 */
export type Judgement =
  /** It may begin a run. `claims` is true if another run is possible beside it. */
  | { readonly kind: 'run'; readonly claims: boolean; readonly lostRuns: number; readonly unrecorded: number }
  /** Another message carries the job: this one is deleted. */
  | { readonly kind: 'spare' }
  /** A run that was begun for this message, or for the one whose place it took, may still go on: it looks again. */
  | { readonly kind: 'occupied' }
  /** It may run the job only if the job's own message is lost. It looks again at `dueAt`. */
  | { readonly kind: 'rescue'; readonly dueAt: number }

/** Returns the name that all messages share which a job had one after the other. */
export function originOf({ itemId, message }: BatchItem): string {
  return message.origin ?? itemId
}

/**
 * Picks the message that counts where a batch has several of one job. The others are deleted. So a message whose run is
 * on record comes first, then one that knows of a lost run, then any that carries the job as the record says, and a
 * resubmit's message last.
 */
export function firstOf({ items, stored }: Pick<JobInBatch, 'items' | 'stored'>): BatchItem {
  const { run } = stored.state
  const ranks = (item: BatchItem): number[] => [
    Number(run !== undefined && carries(item, run)),
    Number(item.itemId === run?.message),
    Number(item.message.lost !== undefined),
    Number(item.message.rescue !== true),
    item.receives,
  ]
  return items.reduce((best, item) => (isAbove(ranks(item), ranks(best)) ? item : best))
}

/** Returns true if the message took its place in the line of messages that the run was begun for. */
export function carries(item: BatchItem, run: RecordedRun): boolean {
  return (run.origin ?? run.message) === originOf(item)
}

function isAbove(one: readonly number[], other: readonly number[]): boolean {
  const at = one.findIndex((rank, index) => rank !== other[index])
  return at >= 0 && one[at]! > other[at]!
}

/**
 * Judges by the record and by the message itself, never by what other messages saw: a run is lost only if its own
 * message comes again, or says so, or if the time of the longest run is over. `longestRunMs` is the longest run of this
 * worker's lane.
 */
export function judgeMessage(job: JobInBatch, now: number, longestRunMs: number): Judgement {
  const item = firstOf(job)
  const { message } = item
  const { state } = job.stored
  const { run, status } = state
  if (run !== undefined && !carries(item, run)) return { kind: 'spare' }
  if (status === 'running') {
    const isLost =
      (item.receives > 1 && isRunOf(item, run?.message)) ||
      message.lost?.run === (run?.no ?? 0) ||
      (state.startedAt ?? 0) + LONGEST_RUN_MS < now
    return isLost ? toRun(job, true, 1) : { kind: 'occupied' }
  }
  if (message.rescue === true && run === undefined) {
    if (state.attempts > 0) return { kind: 'spare' }
    const dueAt = (state.rescueAt ?? now) + rescueWaitMs(job, longestRunMs)
    return dueAt <= now ? toRun(job, true, 0) : { kind: 'rescue', dueAt }
  }
  return toRun(job, !isFresh(item) || state.rescueAt !== undefined, 0)
}

function toRun(job: JobInBatch, claims: boolean, lostNow: 0 | 1): Judgement {
  const lostRuns = (job.stored.state.lostRuns ?? 0) + lostNow
  return { kind: 'run', claims, lostRuns, unrecorded: unrecordedReceives(job, lostRuns) }
}

/**
 * A run that began before its worker could see the mark of a resubmit is over after this time. The job's own message may
 * be in another lane, if its task has moved since.
 */
function rescueWaitMs({ stored, message }: JobInBatch, longestRunMs: number): number {
  const isSameLane = stored.facts.queue === message.queue
  return (isSameLane ? longestRunMs : MAX_TIMEOUT_MS) + RESCUE_MARGIN_MS
}

/** A run of an earlier version of this code has no message on record: it belongs to whichever comes again. */
function isRunOf({ itemId }: BatchItem, recorded: string | undefined): boolean {
  return recorded === undefined || recorded === itemId
}

/**
 * Returns true for a job's own message that was never received before. Only such a message may begin a run without a
 * claim: nothing else can have begun one, but for a resubmit's message, which waits until that run must be over.
 */
export function isFresh({ receives, message }: BatchItem): boolean {
  return receives === 1 && message.origin === undefined && message.rescue === undefined
}

/**
 * Counts the receives that left nothing on record: a crash before the run was recorded, or a throttled function. A
 * message that took another one's place claims each run before it begins, so that its own receives tell nothing.
 */
function unrecordedReceives(job: JobInBatch, lostRuns: number): number {
  const { receives, message } = firstOf(job)
  if (message.origin !== undefined) return message.lost?.receives ?? 0
  return Math.max(0, receives - 1 - job.stored.state.attempts - lostRuns)
}
