import type { JobFailure } from '../../../protocol/job/job.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import type { Task, TaskMap } from '../../../protocol/job/task.ts'
import { backoffMs } from '../kit/backoff.ts'
import type { Heartbeat } from './heartbeat.ts'
import { EXPIRED, INPUT_GONE, taskGone } from './job-failures.ts'
import type { Change, RecordedRun } from '../job/job-state.ts'
import {
  applyFailedAttempt,
  applyFailure,
  applyFailureToStart,
  applyFailureWithoutRun,
  applyNoTimeToRun,
  applySuccess,
  isUnderWay,
  unlessRunAfter,
} from '../job/job-state.ts'
import { carries, firstOf, originOf } from '../batch/judge-message.ts'
import type { JobInBatch } from '../batch/job-in-batch.ts'
import type { JobLog, Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'
import type { PayloadStore } from '../payloads/payload-store.ts'
import { withInput } from '../payloads/offload-payloads.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { PutBack } from '../batch/put-back.ts'
import type { LiveJob } from '../record/live-job.ts'
import type { ChangeRecorder } from '../record/record-changes.ts'
import type { RunReporter } from './report-run.ts'
import { createRunReporter } from './report-run.ts'
import type { RunPolicy } from '../job/retry-policy.ts'
import { runPolicy } from '../job/retry-policy.ts'
import type { TaskOutcome, TasksUnderWay } from './run-task.ts'
import { runTask } from './run-task.ts'
import type { JobToRun } from '../batch/triage.ts'
import { lostRunOf } from '../batch/triage.ts'
import type { BatchTime } from './has-time.ts'
import { hasTime } from './has-time.ts'

/** A message comes again after this time if another message of its job is being worked on. */
const SECOND_LOOK_MS = 30_000
/** A job comes again within this time for which this invocation has no time left. */
const NO_TIME_WAIT_MS = 2_000
/** Loading a large input and claiming a run take time. A job that is left less than this share does not begin. */
const LEAST_SHARE = 0.5

export interface RunJobPorts {
  readonly tasks: TaskMap
  readonly clock: Clock
  readonly log: Log
  readonly jobLog?: JobLog
  /** From 0 to 1, for the jitter of retries. */
  readonly random: () => number
  readonly payloads: Pick<PayloadStore, 'get'>
}

/** The parts that the jobs of one batch share. */
export interface BatchTools extends BatchTime {
  readonly recorder: ChangeRecorder
  readonly heartbeat: Heartbeat
  readonly putBack: PutBack
  readonly underWay: TasksUnderWay
}

/** Runs a job once and records the outcome. Rejects if that cannot be stored. */
export async function runJob(ports: RunJobPorts, tools: BatchTools, job: JobToRun): Promise<void> {
  const message = await withInput(ports.payloads, job.message)
  if (message === undefined) return failWithoutRun(ports, tools, job, INPUT_GONE, true)
  const task = Object.hasOwn(ports.tasks, message.task) ? ports.tasks[message.task] : undefined
  if (task === undefined) return failWithoutRun(ports, tools, job, taskGone(message.task), true)
  const live: LiveJob = { stored: job.stored }
  const startedAt = ports.clock.now()
  const attempt = live.stored.state.attempts + 1
  const stop = new AbortController()
  const onOver = ({ stored }: LiveJob): void => stop.abort(stopReason(stored.state.status))
  const run = nextRun(job)
  const { lostRuns } = job
  const reporter = createRunReporter(ports, tools.recorder, live, { run, startedAt, attempt, lostRuns, onOver })
  if (job.claims) {
    await reporter.reportNow()
    if (live.gone === true || !isUnderWay(live.stored.state, { run, startedAt })) {
      return settleMessages(ports, tools, job, live)
    }
  }
  if (!hasTime(ports, tools, job, LEAST_SHARE)) {
    await reporter.stop()
    return job.claims ? giveUpClaim(ports, tools, job, { live, run, startedAt }) : comeLater(ports, tools, job)
  }
  const stopWatching = tools.heartbeat.watch(live, { run, startedAt }, (present) => {
    if (present === undefined) live.gone = true
    else live.stored = present
    onOver(live)
  })
  const policy = runPolicy(task, message)
  const outcome = await runUnderPolicy(ports, tools, { task, message, attempt, policy, stop, reporter })
  stopWatching()
  await reporter.stop()
  const dueAt = nextRunAt(ports, message, { policy, attempt, outcome })
  if (outcome !== 'stopped' && !outcome.ok) {
    if (dueAt === undefined) live.thrown = outcome.thrown
    else logFailedRun(ports, message, attempt, outcome)
  }
  const { pushed } = tools.recorder.finish(
    live,
    changeAfterRun(ports, { run, attempt, outcome, dueAt, startedAt, progress: reporter.latest() }),
  )
  await Promise.all([pushed, reporter.pushed()])
  settleMessages(ports, tools, job, live)
}

/** The run that is about to begin, as the record will name it. */
function nextRun(job: JobToRun): RecordedRun {
  const item = firstOf(job)
  const origin = originOf(item)
  return {
    no: (job.stored.state.run?.no ?? 0) + 1,
    message: item.itemId,
    ...(origin === item.itemId ? {} : { origin }),
    ...(job.alone ? { alone: true } : {}),
    ...(job.turn === undefined ? {} : { turn: job.turn }),
  }
}

/** Has a job come again for which this invocation has no time left. */
export function comeLater(
  { clock, random }: Pick<RunJobPorts, 'clock' | 'random'>,
  { putBack }: Pick<BatchTools, 'putBack'>,
  job: JobToRun,
): void {
  putBack.later(job.items, clock.now() + random() * NO_TIME_WAIT_MS, lostRunOf(job))
}

/** The same for a job whose run is on record by now. */
async function giveUpClaim(
  ports: Pick<RunJobPorts, 'clock' | 'random'>,
  tools: Pick<BatchTools, 'recorder' | 'putBack'>,
  job: JobToRun,
  { live, run, startedAt }: { live: LiveJob; run: RecordedRun; startedAt: number },
): Promise<void> {
  const dueAt = Math.ceil(ports.clock.now() + ports.random() * NO_TIME_WAIT_MS)
  await tools.recorder.finish(live, (state) => applyNoTimeToRun(state, { run, startedAt, dueAt })).pushed
  settleMessages(ports, tools, job, live)
}

/** Records a job as failed without running it. */
export async function failWithoutRun(
  ports: Pick<RunJobPorts, 'clock'>,
  tools: Pick<BatchTools, 'recorder' | 'putBack'>,
  job: JobInBatch,
  error: JobFailure,
  countsAsAttempt: boolean,
): Promise<void> {
  const live: LiveJob = { stored: job.stored }
  const finishedAt = ports.clock.now()
  const change = error === EXPIRED ? applyFailureToStart : countsAsAttempt ? applyFailure : applyFailureWithoutRun
  const runNo = job.stored.state.run?.no ?? 0
  const unlessRun = unlessRunAfter(runNo, (state) => change(state, { error, finishedAt }))
  await tools.recorder.finish(live, unlessRun).pushed
  settleMessages(ports, tools, job, live)
}

interface RunParts {
  readonly task: Task
  readonly message: QueueMessage
  readonly attempt: number
  readonly policy: RunPolicy
  readonly stop: AbortController
  readonly reporter: RunReporter
}

function runUnderPolicy(
  { clock, log }: RunJobPorts,
  { deadline, underWay }: BatchTools,
  { task, message, attempt, policy, stop, reporter }: RunParts,
): Promise<TaskOutcome | 'stopped'> {
  const leftMs = Math.max(0, deadline - clock.now())
  const timeoutMs = Math.min(policy.timeoutMs, leftMs)
  const limitText =
    leftMs < policy.timeoutMs
      ? `the ${leftMs} ms that its worker had left, less than its timeout of ${policy.timeoutMs} ms`
      : `its timeout of ${timeoutMs} ms`
  const onProgress: RunReporter['progress'] = (progress) => reporter.progress(progress)
  return runTask(task, message, { underWay, clock, log, timeoutMs, limitText, attempt, stop: stop.signal, onProgress })
}

/** Returns the time of the next run after a failed one (epoch ms), or undefined if this run was the last. */
function nextRunAt(
  ports: RunJobPorts,
  { expiresAt }: QueueMessage,
  { policy, attempt, outcome }: { policy: RunPolicy; attempt: number; outcome: TaskOutcome | 'stopped' },
): number | undefined {
  if (outcome === 'stopped' || outcome.ok || !outcome.error.retryable || attempt >= policy.attempts) return undefined
  const dueAt = ports.clock.now() + backoffMs(attempt - 1, policy.backoff, ports.random)
  // The next run would come after the record is gone, so it would never come: the failure is final.
  return dueAt >= expiresAt ? undefined : Math.ceil(dueAt)
}

function changeAfterRun(
  ports: RunJobPorts,
  {
    attempt,
    outcome,
    dueAt,
    ...times
  }: {
    run: RecordedRun
    attempt: number
    outcome: TaskOutcome | 'stopped'
    dueAt: number | undefined
    startedAt: number
    progress: ReturnType<RunReporter['latest']>
  },
): Change {
  const finishedAt = ports.clock.now()
  // The job has ended already, or another run has it: its record refuses every change.
  if (outcome === 'stopped') return () => ({ ok: false, refusal: 'already-terminal' })
  if (outcome.ok) return (state) => applySuccess(state, { ...times, output: outcome.output, finishedAt })
  const { error } = outcome
  if (dueAt === undefined) return (state) => applyFailure(state, { ...times, error, finishedAt })
  return (state) => applyFailedAttempt(state, { ...times, attempt, error, dueAt })
}

/**
 * Acknowledges the messages of a job that has ended, or that another message carries by now, and has the message of any
 * other job come again.
 */
function settleMessages(
  { clock }: Pick<RunJobPorts, 'clock'>,
  { putBack }: Pick<BatchTools, 'putBack'>,
  job: JobInBatch,
  { stored: { state }, gone }: LiveJob,
): void {
  const { run, status, dueAt } = state
  if (gone === true || isTerminal(status)) return
  if (run !== undefined && !carries(firstOf(job), run)) return
  if (status === 'pending' && dueAt !== undefined) putBack.later(job.items, dueAt)
  else putBack.retry(job.items, clock.now() + SECOND_LOOK_MS)
}

function stopReason(status: string): Error {
  const text = status === 'cancelled' ? 'The job was cancelled.' : 'Another run of the job has taken its place.'
  return Object.assign(new Error(text), { name: 'AbortError', code: status === 'cancelled' ? 'CANCELLED' : 'ENDED' })
}

/** Logs a failed run after which the job runs again. The last run is in the line of the job's end. */
function logFailedRun(
  { log, jobLog }: Pick<RunJobPorts, 'log' | 'jobLog'>,
  message: QueueMessage,
  attempt: number,
  outcome: TaskOutcome & { ok: false },
): void {
  if (jobLog === 'none') return
  const thrown = outcome.thrown === undefined ? {} : errorFields(outcome.thrown)
  log('warn', 'A run failed, and the job runs again.', {
    jobId: message.id,
    task: message.task,
    attempt,
    code: outcome.error.code,
    reason: outcome.error.message,
    ...thrown,
  })
}
