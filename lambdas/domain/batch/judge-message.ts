import { MAX_TIMEOUT_MS } from '../../../protocol/kit/limits.ts'
import type { BatchItem, JobInBatch } from './job-in-batch.ts'

/** No function runs for longer. Its outcome is stored by then, and clocks differ. */
const LONGEST_RUN_MS = MAX_TIMEOUT_MS + 60_000

/**
 * Says what a message may do for its job. A job has one message as a rule, but it can have several: a resubmit sends one,
 * SQS may deliver a message twice, and a worker may die after it sent a new message and before it deleted the old one.
 */
export type Judgement =
  /** It may begin a run. */
  | { readonly kind: 'run'; readonly claims: boolean; readonly lostRuns: number; readonly unexplained: number }
  /** Another message carries the job: this one is deleted. */
  | { readonly kind: 'spare' }
  /** A run that was begun for this message, or for the one whose place it took, may still go on: it looks again. */
  | { readonly kind: 'occupied' }
  /** It may run the job only if the job's own message is lost. */
  | { readonly kind: 'rescue' }

/** Returns the name that all messages share which a job had one after the other. */
export function originOf({ itemId, message }: BatchItem): string {
  return message.origin ?? itemId
}

/**
 * Picks the message that counts where a batch has several of one job: the one that the latest run was for, or else one
 * of the job's own, and of those the one that came most often.
 */
export function firstOf({ items, stored }: Pick<JobInBatch, 'items' | 'stored'>): BatchItem {
  const rank = ({ itemId, message, receives }: BatchItem): number =>
    itemId === stored.state.run?.message ? Infinity : message.rescue === true ? 0 : receives
  return items.reduce((best, item) => (rank(item) > rank(best) ? item : best))
}

/**
 * Judges by the record and by the message itself, never by what other messages saw: a run is lost only if its own
 * message comes again, or says so, or if the time of the longest run is over.
 */
export function judgeMessage(job: JobInBatch, now: number): Judgement {
  const item = firstOf(job)
  const { message } = item
  const { state } = job.stored
  const { run, status, lostRuns = 0 } = state
  const unexplained = unexplainedReceives(job)
  if (run !== undefined && (run.origin ?? run.message) !== originOf(item)) return { kind: 'spare' }
  if (status === 'running') {
    const isLost =
      (item.receives > 1 && isRunOf(item, run?.message)) ||
      message.lost?.run === (run?.no ?? 0) ||
      (state.startedAt ?? 0) + LONGEST_RUN_MS < now
    return isLost ? { kind: 'run', claims: true, lostRuns: lostRuns + 1, unexplained } : { kind: 'occupied' }
  }
  if (message.rescue === true && run === undefined) return state.attempts > 0 ? { kind: 'spare' } : { kind: 'rescue' }
  return { kind: 'run', claims: !isFresh(item) || state.rescueAt !== undefined, lostRuns, unexplained }
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

/** Counts the receives that left no record: a crash before the run was recorded, or a throttled function. */
export function unexplainedReceives(job: JobInBatch): number {
  const { receives, message } = firstOf(job)
  // A message that was sent again counts anew; the attempts on record came before it.
  const explained = message.origin === undefined ? job.stored.state.attempts : 0
  return Math.max(0, receives - 1 - explained) + (message.lost?.receives ?? 0)
}
