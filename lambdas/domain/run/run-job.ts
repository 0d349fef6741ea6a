import type { JobFailure } from '../../../protocol/job/job.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import type { Task, TaskMap } from '../../../protocol/job/task.ts'
import { backoffMs } from '../kit/backoff.ts'
import type { Heartbeat } from './heartbeat.ts'
import { EXPIRED, INPUT_GONE, taskGone } from './job-failures.ts'
import type { Change } from '../job/job-state.ts'
import {
  applyFailure,
  applyFailedAttempt,
  applyFailureWithoutRun,
  applyFailureToStart,
  applySuccess,
} from '../job/job-state.ts'
import type { JobInBatch } from '../batch/look-up-batch.ts'
import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'
import type { PayloadStore } from '../payloads/payload-store.ts'
import { withInput } from '../payloads/offload-payloads.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { PutBack } from '../batch/put-back.ts'
import type { ChangeRecorder, LiveJob } from '../record/record-changes.ts'
import type { RunReporter } from './report-run.ts'
import { createRunReporter } from './report-run.ts'
import type { RunPolicy } from '../job/retry-policy.ts'
import { runPolicy } from '../job/retry-policy.ts'
import type { TaskOutcome, TasksUnderWay } from './run-task.ts'
import { runTask } from './run-task.ts'
import type { JobToRun } from '../batch/triage.ts'

/** A message comes again after this time if another message of its job is being worked on. */
const SECOND_LOOK_MS = 30_000
/** A message must not be put back to a time at which the queue may have deleted it. */
const RETENTION_MARGIN_MS = 3_600_000

export interface RunJobPorts {
  readonly tasks: TaskMap
  readonly clock: Clock
  readonly log: Log
  /** From 0 to 1, for the jitter of retries. */
  readonly random: () => number
  /** A queue keeps a message for this long. */
  readonly retentionMs: number
  readonly payloads: Pick<PayloadStore, 'get'>
}

/** The parts that the jobs of one batch share. */
export interface BatchTools {
  readonly recorder: ChangeRecorder
  readonly heartbeat: Heartbeat
  readonly putBack: PutBack
  /** Epoch ms at which every run must have ended. */
  readonly deadline: number
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
  const onEnded = ({ stored }: LiveJob): void => stop.abort(stopReason(stored.state.status))
  const reporter = createRunReporter(ports, tools.recorder, live, {
    startedAt,
    attempt,
    lostRuns: job.lostRuns,
    onEnded,
  })
  if (job.suspect) {
    await reporter.reportNow()
    const { status, attempts } = live.stored.state
    const isOurs = status === 'running' && attempts === attempt - 1 && live.gone !== true
    if (!isOurs) return settleMessages(ports, tools, job, live)
  }
  const stopWatching = tools.heartbeat.watch(live, (present) => {
    if (present === undefined) live.gone = true
    else live.stored = present
    onEnded(live)
  })
  const policy = runPolicy(task, message)
  const outcome = await runUnderPolicy(ports, tools, { task, message, attempt, policy, stop, reporter })
  stopWatching()
  await reporter.stop()
  if (outcome !== 'stopped' && !outcome.ok) logRunFailure(ports.log, message, attempt, outcome)
  const { pushed } = tools.recorder.finish(
    live,
    changeAfterRun(ports, job, { policy, attempt, outcome, startedAt, progress: reporter.latest() }),
  )
  await Promise.all([pushed, reporter.pushed()])
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
  await tools.recorder.finish(live, (state) => change(state, { error, finishedAt })).pushed
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
    leftMs < policy.timeoutMs ? `the ${leftMs} ms that its worker had left` : `its timeout of ${timeoutMs} ms`
  const onProgress: RunReporter['progress'] = (progress) => reporter.progress(progress)
  return runTask(task, message, { underWay, clock, log, timeoutMs, limitText, attempt, stop: stop.signal, onProgress })
}

function changeAfterRun(
  ports: RunJobPorts,
  job: JobToRun,
  {
    policy,
    attempt,
    outcome,
    ...times
  }: {
    policy: RunPolicy
    attempt: number
    outcome: TaskOutcome | 'stopped'
    startedAt: number
    progress: ReturnType<RunReporter['latest']>
  },
): Change {
  const finishedAt = ports.clock.now()
  // The job has ended already, and its record refuses every change.
  if (outcome === 'stopped') return () => ({ ok: false, refusal: 'already-terminal' })
  if (outcome.ok) return (state) => applySuccess(state, { ...times, output: outcome.output, finishedAt })
  const { error } = outcome
  const dueAt = finishedAt + backoffMs(attempt - 1, policy.backoff, ports.random)
  // The next run would come after the record or the message is gone, so it would never come: the failure is final.
  if (!error.retryable || attempt >= policy.attempts || dueAt >= lastDueAt(ports, job)) {
    return (state) => applyFailure(state, { ...times, error, finishedAt })
  }
  return (state) => applyFailedAttempt(state, { attempt, error, dueAt: Math.ceil(dueAt) })
}

function lastDueAt({ retentionMs }: RunJobPorts, { message, items }: JobInBatch): number {
  const sentAt = Math.min(...items.map((item) => item.sentAt))
  return Math.min(message.expiresAt, sentAt + retentionMs - RETENTION_MARGIN_MS)
}

/** Acknowledges the messages of a job that has ended, and puts back the messages of any other job. */
function settleMessages(
  { clock }: Pick<RunJobPorts, 'clock'>,
  { putBack }: Pick<BatchTools, 'putBack'>,
  { items }: JobInBatch,
  { stored: { state }, gone }: LiveJob,
): void {
  if (gone === true || isTerminal(state.status)) return
  putBack.add(items, state.dueAt ?? clock.now() + SECOND_LOOK_MS)
}

function stopReason(status: string): Error {
  const text = status === 'cancelled' ? 'The job was cancelled.' : 'Another run of the job has ended it.'
  return Object.assign(new Error(text), { name: 'AbortError', code: status === 'cancelled' ? 'CANCELLED' : 'ENDED' })
}

function logRunFailure(log: Log, message: QueueMessage, attempt: number, outcome: TaskOutcome & { ok: false }): void {
  const thrown = outcome.thrown === undefined ? {} : errorFields(outcome.thrown)
  log('warn', 'The job failed.', {
    jobId: message.id,
    task: message.task,
    attempt,
    code: outcome.error.code,
    ...thrown,
  })
}
