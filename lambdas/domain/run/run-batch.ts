import type { JobFailure } from '../../../protocol/job/job.ts'
import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import type { BatchItem, JobInBatch } from '../batch/job-in-batch.ts'
import { firstOf } from '../batch/judge-message.ts'
import { lookUpBatch } from '../batch/look-up-batch.ts'
import type { MessageHold } from '../batch/message-hold.ts'
import type { PutBack, PutBackPorts } from '../batch/put-back.ts'
import { createPutBack } from '../batch/put-back.ts'
import { triage } from '../batch/triage.ts'
import type { JobStore } from '../job/job-store.ts'
import type { StoredJob } from '../job/stored-job.ts'
import { backoffMs } from '../kit/backoff.ts'
import { errorFields } from '../kit/log.ts'
import type { AnnouncePorts } from '../record/announce.ts'
import { announce, queueWebhooks } from '../record/announce.ts'
import { createChangeRecorder } from '../record/record-changes.ts'
import type { LimitPorts } from '../slots/limit-runs.ts'
import { createHeartbeat } from './heartbeat.ts'
import { CRASHED, EXPIRED, OUTLIVED } from './job-failures.ts'
import { rescueJobs } from './rescue-jobs.ts'
import type { RunJobPorts } from './run-job.ts'
import { failWithoutRun } from './run-job.ts'
import type { SuspectPorts } from './run-suspects.ts'
import { releaseLostTurns, runWithSuspects } from './run-suspects.ts'

/** The wait before a read or a write that failed is tried again. */
const ERROR_BACKOFF = { baseMs: 2_000, capMs: 60_000 }
/** A message looks again after this time if a run that was begun for it may still go on. */
const SECOND_LOOK_MS = 30_000
/** A batch needs this time to begin: a job that begins so much later than the first is not late. */
const BEGIN_MS = 500

export interface RunBatchPorts extends RunJobPorts, LimitPorts, SuspectPorts, PutBackPorts, AnnouncePorts {
  readonly store: JobStore
  readonly hold: MessageHold
}

export interface BatchTimes {
  /** Every run must have ended by then (epoch ms), so that there is time left to store and to push. */
  readonly deadline: number
  /** No run of this lane goes on for longer. */
  readonly longestRunMs: number
}

/**
 * Runs the jobs of one batch side by side, each under its own timeout: store, then push, then acknowledge.
 * Returns the ids of the messages that come again: for another attempt, or because the outcome could not be stored.
 */
export async function runBatch(
  ports: RunBatchPorts,
  items: readonly BatchItem[],
  times: BatchTimes,
): Promise<string[]> {
  const lookedUp = lookUpBatch(ports, items).catch((error: unknown) => ({ error }))
  // Before any task begins: one of them may end the process at once.
  const [held, batch] = await Promise.all([ports.hold.keep(items), lookedUp])
  const putBack = createPutBack(ports, held)
  try {
    if ('error' in batch) {
      ports.log('error', 'The records of the batch could not be read; it runs again.', errorFields(batch.error))
      for (const item of items) putBack.retry([item], afterError(ports, item.receives))
    } else {
      await runJobs(ports, putBack, batch, times)
    }
    return await putBack.done()
  } finally {
    held.release()
  }
}

async function runJobs(
  ports: RunBatchPorts,
  putBack: PutBack,
  { toRun, ended }: { toRun: readonly JobInBatch[]; ended: readonly JobInBatch[] },
  { deadline, longestRunMs }: BatchTimes,
): Promise<void> {
  const now = ports.clock.now()
  // Of several messages about one job, one goes on with it. The others are deleted at the end of the batch.
  const { early, expired, poisonous, occupied, rescues, together, suspects } = triage(
    toRun.map(withFirst),
    now,
    longestRunMs,
  )
  for (const { items, stored } of early) putBack.later(items, stored.state.dueAt ?? now)
  for (const { items } of occupied) putBack.retry(items, now + SECOND_LOOK_MS)
  const guard: Guard = (job, action) => putBackOnError(ports, putBack, job, action)
  const tools = {
    putBack,
    guard,
    deadline,
    // If the look-up took most of the time, no job begins: it would fail for want of time that it never had.
    wholeTimeMs: Math.max(deadline - now - BEGIN_MS, longestRunMs / 2),
    heartbeat: createHeartbeat(ports),
    underWay: { count: 0 },
  }
  await releaseLostTurns(ports, [...poisonous, ...expired, ...suspects.flat()])
  await Promise.all([
    announceAgain(ports, putBack, ended),
    failAll(ports, putBack, guard, expired, poisonous),
    rescueJobs(ports, putBack, rescues),
    runWithSuspects(ports, tools, together, suspects),
  ])
}

function withFirst(job: JobInBatch): JobInBatch {
  const first = firstOf(job)
  return { ...job, message: first.message, items: [first] }
}

/** Runs an action for a job. If it rejects, the job's messages come again. */
export type Guard = (job: JobInBatch, action: () => Promise<void>) => Promise<void>

async function failAll(
  ports: RunBatchPorts,
  putBack: PutBack,
  guard: Guard,
  expired: readonly JobInBatch[],
  poisonous: readonly JobInBatch[],
): Promise<void> {
  const recorder = createChangeRecorder(ports, expired.length + poisonous.length)
  const tools = { recorder, putBack }
  const lateFailure = ({ message }: { message: QueueMessage }): JobFailure =>
    message.expiresAt <= ports.clock.now() ? OUTLIVED : EXPIRED
  await Promise.all([
    ...expired.map((job) => guard(job, () => failWithoutRun(ports, tools, job, lateFailure(job), false))),
    ...poisonous.map((job) => guard(job, () => failWithoutRun(ports, tools, job, CRASHED, true))),
  ])
}

async function putBackOnError(
  ports: RunBatchPorts,
  putBack: PutBack,
  { message, items }: JobInBatch,
  action: () => Promise<void>,
): Promise<void> {
  try {
    await action()
  } catch (error) {
    ports.log('error', 'The outcome could not be stored; the job runs again.', {
      jobId: message.id,
      ...errorFields(error),
    })
    for (const item of items) putBack.retry([item], afterError(ports, item.receives))
  }
}

function afterError({ clock, random }: RunBatchPorts, receives: number): number {
  return clock.now() + backoffMs(receives, ERROR_BACKOFF, random)
}

/**
 * Announces the jobs of a batch that have ended already. A message that comes again, or that SQS has delivered twice, may
 * have lost its worker between store and push, so the end is pushed once more. After a cancel and without a run only the
 * webhook is queued, which nobody would ask for: the cancel itself pushes the end. A resubmit's message has no such gap to close: whoever
 * resubmits is told of the job by the submit itself.
 */
async function announceAgain(ports: RunBatchPorts, putBack: PutBack, ended: readonly JobInBatch[]): Promise<void> {
  const own = ended.filter(({ items }) => items.some(({ message }) => message.rescue === undefined))
  const ranBefore = own.filter(
    ({ stored, items }) => stored.state.status !== 'cancelled' || items.some(({ receives }) => receives > 1),
  )
  const others = own.filter((job) => !ranBefore.includes(job))
  const [untold, unqueued] = await Promise.all([
    announce(ports, ranBefore.map(toStored)),
    queueWebhooks(ports, others.map(toStored)),
  ])
  for (const { stored, items } of own) {
    if (!untold.has(stored) && !unqueued.has(stored)) continue
    for (const item of items) putBack.retry([item], afterError(ports, item.receives))
  }
}

function toStored({ stored }: JobInBatch): StoredJob {
  return stored
}
