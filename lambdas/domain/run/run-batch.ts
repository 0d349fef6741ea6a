import type { JobFailure } from '../../../protocol/job/job.ts'
import type { AnnouncePorts } from '../record/announce.ts'
import { announce } from '../record/announce.ts'
import { backoffMs } from '../kit/backoff.ts'
import { createHeartbeat } from './heartbeat.ts'
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
import { CRASHED, EXPIRED, failWithoutRun, OUTLIVED, runJob } from './run-job.ts'
import { runsElsewhereUntil } from '../batch/runs-elsewhere.ts'
import type { JobToRun } from '../batch/triage.ts'
import { triage, unexplainedReceives } from '../batch/triage.ts'
import type { WaitingJobs, WaitPorts } from '../slots/wait-for-slot.ts'
import { createWaitingJobs } from '../slots/wait-for-slot.ts'

/** When what could not be read or stored is tried again. */
const FAULT_BACKOFF = { baseMs: 2_000, capMs: 60_000 }
/** What it takes to begin a batch: a job that begins so much later than the first is not late. */
const BEGIN_MS = 500
/** A beginning that took so long was blocked by its task. */
const BLOCKED_MS = 50
/** When a job comes again for which this invocation has no time left. */
const NO_TIME_BACKOFF = { baseMs: 2_000, capMs: 30_000 }

/** The invocation is over this long after the deadline of its runs, its messages' deletion included. */
const AFTER_DEADLINE_MS = 10_000

export interface RunBatchPorts extends RunJobPorts, LimitPorts, WaitPorts, AnnouncePorts {
  readonly store: JobStore
  readonly redelivery: Redelivery
}

/**
 * Runs the jobs of one batch side by side, each under its own timeout: store, then push, then acknowledge.
 * Returns the ids of the items that come again: for another attempt, or because what came of them could not be
 * stored. `deadline` (epoch ms) is when every run must have ended, so that there is time left to store and to push.
 */
export async function runBatch(
  ports: RunBatchPorts,
  items: readonly BatchItem[],
  { deadline }: { deadline: number },
): Promise<string[]> {
  const putBack = createPutBack(ports)
  try {
    const batch = await lookUpBatch(ports, items)
    const toRun = batch.toRun.filter((job) => !isLeftToOther(ports, putBack, job))
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
    ports.log('error', 'The batch could not be looked up; it runs again.', errorFields(error))
    for (const item of items) putBack.add([item], afterFault(ports, item.receives))
  }
  return putBack.done()
}

/** Whether another worker runs the job: then it is looked at again when that must be over. */
function isLeftToOther({ tasks, clock }: RunBatchPorts, putBack: PutBack, job: JobInBatch): boolean {
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
  const lateAs = ({ message }: JobInBatch): JobFailure => (message.expiresAt <= ports.clock.now() ? OUTLIVED : EXPIRED)
  await Promise.all([
    ...expired.map((job) => guard(ports, putBack, job, () => failWithoutRun(ports, tools, job, lateAs(job), false))),
    ...poisonous.map((job) => guard(ports, putBack, job, () => failWithoutRun(ports, tools, job, CRASHED, true))),
  ])
}

interface PhaseTools extends Omit<BatchTools, 'recorder'> {
  readonly waitingJobs: WaitingJobs
}

/** One phase after the other, as long as there is time. */
async function runPhases(
  ports: RunBatchPorts,
  tools: PhaseTools,
  phases: readonly (readonly JobToRun[])[],
): Promise<void> {
  const wholeTime = tools.deadline - ports.clock.now() - BEGIN_MS
  for (const phase of phases) {
    const inTime = phase.filter((job) => hasTime(ports, tools.deadline, wholeTime, job) && isAlone(tools, job))
    for (const job of phase) if (!inTime.includes(job)) comeLater(ports, tools, job)
    await shortenAbsence(ports, tools.deadline, inTime)
    await runPhase(ports, tools, inTime, wholeTime)
  }
}

/**
 * Jobs side by side. Each begins once the one before it waits for something: tasks that compute without a pause would
 * run in one go otherwise, and what the first of them gave would not be stored before the last has ended, nor ever
 * if Lambda stops the function meanwhile.
 */
async function runPhase(
  ports: RunBatchPorts,
  tools: PhaseTools,
  phase: readonly JobToRun[],
  wholeTime: number,
): Promise<void> {
  const recorder = createChangeRecorder(ports, phase.length)
  const runs: Promise<void>[] = []
  const begin = async (job: JobToRun, over?: () => void): Promise<void> => {
    const begunAt = ports.clock.now()
    const its = { ...tools, recorder: over === undefined ? recorder : telling(recorder, over) }
    runs.push(guard(ports, tools.putBack, job, () => runJob(ports, its, job)).finally(over))
    // Not a turn of the event loop: short jobs that begin together are to be stored together.
    await new Promise<void>((resolve) => process.nextTick(resolve))
    if (ports.clock.now() - begunAt >= BLOCKED_MS) await recorder.settled()
  }
  const limited = phase.flatMap((job) => limitOf(ports, job) ?? [])
  for (const job of phase) {
    if (limited.some((each) => each.job === job)) continue
    if (hasTime(ports, tools.deadline, wholeTime, job)) await begin(job)
    else comeLater(ports, tools, job)
  }
  await runWithinLimits(ports, limited, {
    deadline: tools.deadline,
    mayBegin: (job) => hasTime(ports, tools.deadline, wholeTime, job),
    begin,
    postpone: (job) => tools.waitingJobs.add(job),
  })
  await Promise.all(runs)
}

function limitOf({ tasks }: RunBatchPorts, job: JobToRun): LimitedJob | undefined {
  const { task } = job.message
  return Object.hasOwn(tasks, task) ? limitedJob(tasks[task]!, job) : undefined
}

/** Says when a job is over for others who wait for it: once it is stored. Its push holds nobody up. */
function telling(recorder: ChangeRecorder, over: () => void): ChangeRecorder {
  return {
    ...recorder,
    finish(job, change) {
      const recording = recorder.finish(job, change)
      recording.stored.then(over, over)
      return recording
    },
  }
}

function comeLater({ clock, random }: RunBatchPorts, { putBack }: Pick<BatchTools, 'putBack'>, job: JobToRun): void {
  putBack.add(job.items, clock.now() + backoffMs(unexplainedReceives(job), NO_TIME_BACKOFF, random))
}

/**
 * A job that has lost a run, and so runs alone, may lose this one too: its message then comes again soon after this
 * invocation's end, and not after six times its length.
 */
async function shortenAbsence(
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
 * Whether a job that must run alone does. A task that did not heed its timeout may still crash the worker, and who runs
 * at that moment would be taken for the culprit.
 */
function isAlone({ underWay }: PhaseTools, { suspect, lostRuns }: JobToRun): boolean {
  return underWay.count === 0 || !(suspect && lostRuns > 0)
}

/** Whether a job that begins late has as much time as it would have had in an invocation of its own. */
function hasTime({ tasks, clock }: RunBatchPorts, deadline: number, wholeTime: number, { message }: JobToRun): boolean {
  const task = Object.hasOwn(tasks, message.task) ? tasks[message.task] : undefined
  if (task === undefined) return true
  return deadline - clock.now() >= Math.min(runPolicy(task, message).timeoutMs, wholeTime)
}

async function guard(
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
    for (const item of items) putBack.add([item], afterFault(ports, item.receives))
  }
}

function afterFault({ clock, random }: RunBatchPorts, receives: number): number {
  return clock.now() + backoffMs(receives, FAULT_BACKOFF, random)
}

/** For the crash between write and push: whoever watched may not have been told. */
async function announceAgain(ports: RunBatchPorts, putBack: PutBack, ended: readonly JobInBatch[]): Promise<void> {
  const untold = await announce(
    ports,
    ended.map(({ stored }) => stored),
  )
  for (const { stored, items } of ended) {
    if (!untold.has(stored)) continue
    for (const item of items) putBack.add([item], afterFault(ports, item.receives))
  }
}
