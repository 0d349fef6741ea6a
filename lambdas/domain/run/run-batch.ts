import type { JobFailure } from '../../../protocol/job/job.ts'
import type { AnnouncePorts } from '../record/announce.ts'
import { announce } from '../record/announce.ts'
import { backoffMs } from '../kit/backoff.ts'
import { createHeartbeat } from './heartbeat.ts'
import { CRASHED, EXPIRED, OUTLIVED } from './job-failures.ts'
import type { BatchItem, JobInBatch } from '../batch/look-up-batch.ts'
import { lookUpBatch } from '../batch/look-up-batch.ts'
import { errorFields } from '../kit/log.ts'
import type { LimitedJob, LimitPorts } from '../slots/limit-runs.ts'
import { limitedJob, runWithinLimits } from '../slots/limit-runs.ts'
import type { JobStore } from '../job/job-store.ts'
import type { Redelivery } from '../queue/redelivery.ts'
import type { PutBack } from '../batch/put-back.ts'
import { createPutBack } from '../batch/put-back.ts'
import type { ChangeRecorder } from '../record/record-changes.ts'
import { createChangeRecorder } from '../record/record-changes.ts'
import { runPolicy } from '../job/retry-policy.ts'
import type { BatchTools, RunJobPorts } from './run-job.ts'
import { failWithoutRun, runJob } from './run-job.ts'
import { runsElsewhereUntil } from '../batch/runs-elsewhere.ts'
import type { JobToRun } from '../batch/triage.ts'
import { triage, unexplainedReceives } from '../batch/triage.ts'
import type { WaitingJobs, WaitPorts } from '../slots/wait-for-slot.ts'
import { createWaitingJobs } from '../slots/wait-for-slot.ts'

/** The wait before a read or a write that failed is tried again. */
const ERROR_BACKOFF = { baseMs: 2_000, capMs: 60_000 }
/** A batch needs this time to begin: a job that begins so much later than the first is not late. */
const BEGIN_MS = 500
/** If a job took so long to begin, its task blocked the thread. */
const BLOCKED_MS = 50
/** The wait before a job comes again for which this invocation has no time left. */
const NO_TIME_BACKOFF = { baseMs: 2_000, capMs: 30_000 }

/** The invocation ends at most this long after the deadline of its runs, including the deletion of its messages. */
const AFTER_DEADLINE_MS = 10_000

export interface RunBatchPorts extends RunJobPorts, LimitPorts, WaitPorts, AnnouncePorts {
  readonly store: JobStore
  readonly redelivery: Redelivery
}

/**
 * Runs the jobs of one batch side by side, each under its own timeout: store, then push, then acknowledge.
 * Returns the ids of the messages that come again: for another attempt, or because the outcome could not be stored.
 * Every run must have ended at `deadline` (epoch ms), so that there is time left to store and to push.
 */
export async function runBatch(
  ports: RunBatchPorts,
  items: readonly BatchItem[],
  { deadline }: { deadline: number },
): Promise<string[]> {
  const putBack = createPutBack(ports)
  try {
    const batch = await lookUpBatch(ports, items)
    const toRun = batch.toRun.filter((job) => !leaveToOtherWorker(ports, putBack, job))
    const { early, expired, poisonous, phases } = triage(toRun, ports.clock.now())
    for (const { items: messages, stored } of early) putBack.add(messages, stored.state.dueAt)
    const waitingJobs = createWaitingJobs(ports, putBack)
    const tools = { putBack, waitingJobs, deadline, heartbeat: createHeartbeat(ports), underWay: { count: 0 } }
    await Promise.all([
      announceAgain(ports, putBack, batch.ended),
      failAll(ports, putBack, expired, poisonous),
      runPhases(ports, tools, phases),
    ])
    await waitingJobs.done()
  } catch (error) {
    ports.log('error', 'The records of the batch could not be read; it runs again.', errorFields(error))
    for (const item of items) putBack.add([item], afterError(ports, item.receives))
  }
  return putBack.done()
}

/** Returns true if another worker runs the job: then it is looked at again when that run must be over. */
function leaveToOtherWorker({ tasks, clock }: RunBatchPorts, putBack: PutBack, job: JobInBatch): boolean {
  const until = runsElsewhereUntil(tasks, job)
  if (until === undefined || until <= clock.now()) return false
  putBack.add(job.items, until)
  return true
}

async function failAll(
  ports: RunBatchPorts,
  putBack: PutBack,
  expired: readonly JobInBatch[],
  poisonous: readonly JobInBatch[],
): Promise<void> {
  const recorder = createChangeRecorder(ports, expired.length + poisonous.length)
  const tools = { recorder, putBack }
  const lateFailure = ({ message }: JobInBatch): JobFailure =>
    message.expiresAt <= ports.clock.now() ? OUTLIVED : EXPIRED
  await Promise.all([
    ...expired.map((job) =>
      putBackOnError(ports, putBack, job, () => failWithoutRun(ports, tools, job, lateFailure(job), false)),
    ),
    ...poisonous.map((job) =>
      putBackOnError(ports, putBack, job, () => failWithoutRun(ports, tools, job, CRASHED, true)),
    ),
  ])
}

interface PhaseTools extends Omit<BatchTools, 'recorder'> {
  readonly waitingJobs: WaitingJobs
}

/** Runs one phase after the other, as long as there is time. */
async function runPhases(
  ports: RunBatchPorts,
  tools: PhaseTools,
  phases: readonly (readonly JobToRun[])[],
): Promise<void> {
  const wholeTime = tools.deadline - ports.clock.now() - BEGIN_MS
  for (const phase of phases) {
    const inTime = phase.filter((job) => hasTime(ports, tools.deadline, wholeTime, job) && mayRunBeside(tools, job))
    for (const job of phase) if (!inTime.includes(job)) postponeJob(ports, tools, job)
    await shortenRedelivery(ports, tools.deadline, inTime)
    await runPhase(ports, tools, inTime, wholeTime)
  }
}

/**
 * Runs jobs side by side. Each begins once the one before it waits for something. Otherwise tasks that compute without
 * a pause would run in one go: the output of the first would be stored only when the last has ended, and never if
 * Lambda stops the function before.
 */
async function runPhase(
  ports: RunBatchPorts,
  tools: PhaseTools,
  phase: readonly JobToRun[],
  wholeTime: number,
): Promise<void> {
  const recorder = createChangeRecorder(ports, phase.length)
  const runs: Promise<void>[] = []
  const begin = async (job: JobToRun, onOver?: () => void): Promise<void> => {
    const begunAt = ports.clock.now()
    const jobTools = { ...tools, recorder: onOver === undefined ? recorder : notifyingOnceStored(recorder, onOver) }
    runs.push(putBackOnError(ports, tools.putBack, job, () => runJob(ports, jobTools, job)).finally(onOver))
    // Not a whole turn of the event loop: short jobs that begin together must be stored together.
    await new Promise<void>((resolve) => process.nextTick(resolve))
    if (ports.clock.now() - begunAt >= BLOCKED_MS) await recorder.settled()
  }
  const limited = phase.flatMap((job) => limitedJobOf(ports, job) ?? [])
  for (const job of phase) {
    if (limited.some((each) => each.job === job)) continue
    if (hasTime(ports, tools.deadline, wholeTime, job)) await begin(job)
    else postponeJob(ports, tools, job)
  }
  await runWithinLimits(ports, limited, {
    deadline: tools.deadline,
    mayBegin: (job) => hasTime(ports, tools.deadline, wholeTime, job),
    begin,
    postpone: (job) => tools.waitingJobs.add(job),
  })
  await Promise.all(runs)
}

function limitedJobOf({ tasks }: RunBatchPorts, job: JobToRun): LimitedJob | undefined {
  const { task } = job.message
  return Object.hasOwn(tasks, task) ? limitedJob(tasks[task]!, job) : undefined
}

/** Calls `onOver` once the end of a job is stored, for the jobs that wait for it. They do not wait for its push. */
function notifyingOnceStored(recorder: ChangeRecorder, onOver: () => void): ChangeRecorder {
  return {
    ...recorder,
    finish(job, change) {
      const recording = recorder.finish(job, change)
      recording.stored.then(onOver, onOver)
      return recording
    },
  }
}

function postponeJob({ clock, random }: RunBatchPorts, { putBack }: Pick<BatchTools, 'putBack'>, job: JobToRun): void {
  putBack.add(job.items, clock.now() + backoffMs(unexplainedReceives(job), NO_TIME_BACKOFF, random))
}

/**
 * A job that has lost a run runs alone, and may lose this run too. Its message then comes again soon after the end of
 * this invocation, and not after the visibility timeout, which is six times as long.
 */
async function shortenRedelivery(
  { redelivery, clock }: RunBatchPorts,
  deadline: number,
  phase: readonly JobToRun[],
): Promise<void> {
  const delayMs = deadline - clock.now() + AFTER_DEADLINE_MS
  const messages = phase
    .filter(({ suspect, lostRuns }) => suspect && lostRuns > 0)
    .flatMap(({ items }) => items)
    .map(({ message: { queue, priority }, receiptHandle }) => ({ queue, priority, receiptHandle, delayMs }))
  if (messages.length > 0) await redelivery.postpone(messages)
}

/**
 * Returns false for a job that must run alone while another task is under way. A task that ignores its timeout may
 * still crash the worker, and the job that runs at that moment would be taken for the culprit.
 */
function mayRunBeside({ underWay }: PhaseTools, { suspect, lostRuns }: JobToRun): boolean {
  return underWay.count === 0 || !(suspect && lostRuns > 0)
}

/** Returns true if a job that begins late has as much time as in an invocation of its own. */
function hasTime({ tasks, clock }: RunBatchPorts, deadline: number, wholeTime: number, { message }: JobToRun): boolean {
  const task = Object.hasOwn(tasks, message.task) ? tasks[message.task] : undefined
  if (task === undefined) return true
  return deadline - clock.now() >= Math.min(runPolicy(task, message).timeoutMs, wholeTime)
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
    for (const item of items) putBack.add([item], afterError(ports, item.receives))
  }
}

function afterError({ clock, random }: RunBatchPorts, receives: number): number {
  return clock.now() + backoffMs(receives, ERROR_BACKOFF, random)
}

/** Pushes once more: a crash between write and push may have left the watchers without the result. */
async function announceAgain(ports: RunBatchPorts, putBack: PutBack, ended: readonly JobInBatch[]): Promise<void> {
  const untold = await announce(
    ports,
    ended.map(({ stored }) => stored),
  )
  for (const { stored, items } of ended) {
    if (!untold.has(stored)) continue
    for (const item of items) putBack.add([item], afterError(ports, item.receives))
  }
}
