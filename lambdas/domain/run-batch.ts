import { isTerminal } from '../../protocol/job.ts'
import type { QueueMessage } from '../../protocol/queue-message.ts'
import type { Task, TaskMap } from '../../protocol/task.ts'
import { durationMs } from '../../protocol/task.ts'
import { fail, start, succeed } from './job.ts'
import type { BatchItem, JobInBatch } from './look-up-batch.ts'
import { lookUpBatch } from './look-up-batch.ts'
import type { Log } from './log.ts'
import { errorFields } from './log.ts'
import { toUpdate } from './pack-updates.ts'
import type { Clock, JobStore, Pusher } from './ports.ts'
import type { ChangeRecorder, LiveJob } from './record-changes.ts'
import { createChangeRecorder } from './record-changes.ts'
import type { TaskOutcome } from './run-task.ts'
import { runTask } from './run-task.ts'

/** A job that ends sooner than this never shows `running`, and costs one write less. */
const RUNNING_AFTER_MS = 250
const DEFAULT_TIMEOUT = '30s'

export interface RunBatchPorts {
  readonly store: JobStore
  readonly pusher: Pusher
  readonly clock: Clock
  readonly log: Log
  readonly tasks: TaskMap
}

/**
 * Runs the jobs of one batch side by side, each under its own timeout: store, then push, then acknowledge.
 * Returns the ids of the items that must run again, because what came of them could not be stored.
 * `deadline` (epoch ms) is when every run must have ended, so that there is time left to store and to push.
 */
export async function runBatch(
  ports: RunBatchPorts,
  items: readonly BatchItem[],
  { deadline }: { deadline: number },
): Promise<string[]> {
  let batch
  try {
    batch = await lookUpBatch(ports, items)
  } catch (error) {
    ports.log('error', 'The batch could not be looked up; it runs again.', errorFields(error))
    return items.map(({ itemId }) => itemId)
  }
  const recorder = createChangeRecorder(ports, batch.toRun.length)
  const again: string[] = []
  const runs = batch.toRun.map(async (job) => {
    try {
      await runJob(ports, recorder, job, deadline)
    } catch (error) {
      ports.log('error', 'The outcome could not be stored; the job runs again.', {
        jobId: job.message.id,
        ...errorFields(error),
      })
      again.push(...job.itemIds)
    }
  })
  await Promise.all([pushAgain(ports, batch.ended), ...runs])
  return again
}

async function runJob(
  ports: RunBatchPorts,
  recorder: ChangeRecorder,
  { message, stored }: JobInBatch,
  deadline: number,
): Promise<void> {
  const job: LiveJob = { stored }
  const startedAt = ports.clock.now()
  const mark = markRunningLater(ports, recorder, job, startedAt)
  const outcome = await runNamedTask(ports, message, stored.state.attempts + 1, deadline)
  await mark.stop()
  const finishedAt = ports.clock.now()
  if (!outcome.ok) logFailure(ports.log, message, outcome)
  // The place where a retry is decided, once tasks have attempts: for now the first failure is final.
  const { pushed } = recorder.finish(job, (state) =>
    outcome.ok
      ? succeed(state, { output: outcome.output, startedAt, finishedAt })
      : fail(state, { error: outcome.error, startedAt, finishedAt }),
  )
  await Promise.all([pushed, mark.pushed()])
}

async function runNamedTask(
  { tasks, clock }: RunBatchPorts,
  message: QueueMessage,
  attempt: number,
  deadline: number,
): Promise<TaskOutcome> {
  const task = Object.hasOwn(tasks, message.task) ? tasks[message.task] : undefined
  if (task === undefined) {
    const text = `This deployment has no task "${message.task}" any more: deploy it again, or submit another.`
    return { ok: false, error: { code: 'UNKNOWN_TASK', message: text, retryable: false } }
  }
  const timeoutMs = Math.max(0, Math.min(timeoutOf(task), deadline - clock.now()))
  return runTask(task, message, { clock, timeoutMs, attempt })
}

/** A policy that cannot be read must not keep the task's jobs from running; deploying it was refused anyway. */
function timeoutOf(task: Task): number {
  try {
    return durationMs(task.timeout ?? DEFAULT_TIMEOUT)
  } catch {
    return durationMs(DEFAULT_TIMEOUT)
  }
}

interface RunningMark {
  /** No mark from here on; resolves once one that was under way is stored, for the next change builds on it. */
  readonly stop: () => Promise<void>
  readonly pushed: () => Promise<void>
}

function markRunningLater(
  { clock, log }: RunBatchPorts,
  recorder: ChangeRecorder,
  job: LiveJob,
  startedAt: number,
): RunningMark {
  let stored = Promise.resolve()
  let pushed = Promise.resolve()
  const cancelTimer = clock.after(RUNNING_AFTER_MS, () => {
    const recording = recorder.mark(job, (state) => start(state, { startedAt }))
    // A mark that failed costs nobody a result: the finish is tried all the same.
    stored = recording.stored.catch((error: unknown) => {
      log('warn', '"running" could not be stored.', { jobId: job.stored.id, ...errorFields(error) })
    })
    pushed = recording.pushed.catch(() => undefined)
  })
  return {
    stop: () => {
      cancelTimer()
      return stored
    },
    pushed: () => pushed,
  }
}

/** For the crash between write and push: whoever watched may not have been told. */
async function pushAgain(ports: RunBatchPorts, ended: readonly JobInBatch[]): Promise<void> {
  const deliveries = ended.flatMap(({ stored }) => {
    const { namespace, id, state, watchers } = stored
    return watchers.length > 0 && isTerminal(state.status) ? [{ namespace, update: toUpdate(id, state), watchers }] : []
  })
  if (deliveries.length === 0) return
  await ports.pusher.push(deliveries).catch((error: unknown) => {
    ports.log('error', 'Pushing results once more failed.', errorFields(error))
  })
}

function logFailure(log: Log, message: QueueMessage, outcome: TaskOutcome & { ok: false }): void {
  const thrown = outcome.thrown === undefined ? {} : errorFields(outcome.thrown)
  log('warn', 'The job failed.', { jobId: message.id, task: message.task, code: outcome.error.code, ...thrown })
}
