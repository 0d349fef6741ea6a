import type { JobRecord, SubmitOutcome } from '../../../protocol/job/job.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import type { ErrorCode } from '../../../protocol/kit/errors.ts'
import { refuse } from '../../../protocol/kit/parsed.ts'
import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import { EXTERNAL_QUEUE } from '../../../protocol/job/queue-name.ts'
import { inParallel } from '../kit/in-parallel.ts'
import type { JobState } from '../job/job-state.ts'
import { messageOf, stateOfNew, toStoredJob } from '../job/known-job.ts'
import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'
import type { Submission } from './make-job.ts'
import { updateForWatchers } from '../job/tell-job.ts'
import type { Push, Pusher } from '../record/pusher.ts'
import type { InsertResult, JobStore } from '../job/job-store.ts'
import type { JobKey, KnownJob, NewJob, StoredJob } from '../job/stored-job.ts'
import type { JobQueue } from '../queue/job-queue.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import { isSameWork } from '../job/same-work.ts'

const KNOWN_AT_ONCE = 8
const RERUN_TRIES = 3
/** Most jobs have ended by then, and their rescue finds nothing to do. */
const RESCUE_AFTER_MS = 10_000

/** The next step for one job of a submit, before its message is sent. */
interface Step {
  readonly outcome: SubmitOutcome
  readonly message?: QueueMessage
  /** The time at which the message is due. Absent if it is due at once. */
  readonly dueAt?: number | undefined
  readonly push?: Push
  /** The key of a job that stays in the index of failed jobs until its message is sent. */
  readonly listed?: JobKey | undefined
}

export interface AcceptPorts {
  readonly clock: Clock
  readonly store: JobStore
  readonly queue: JobQueue
  /** Tells a session the state of a job that it submits again, and tells watchers that a job runs again. */
  readonly pusher: Pusher
  readonly log: Log
}

/** Inserts jobs with different ids, sends their messages, and returns one outcome for each job. */
export async function acceptNewJobs(
  ports: AcceptPorts,
  submissions: readonly Submission[],
  watcher: string | undefined,
): Promise<SubmitOutcome[]> {
  const results = await insertSubmitted(
    ports,
    submissions.map(({ job }) => job),
    watcher,
  )
  const steps = await inParallel(results, KNOWN_AT_ONCE, (result, index) =>
    stepAfterInsert(ports, submissions[index]!, result, watcher),
  )
  return completeSteps(ports, steps)
}

/**
 * Runs a failed or cancelled job again under its id: `submission` replaces it. A job that has not ended is not replaced.
 * If its message may never have been sent, it is sent again.
 */
export async function acceptRerun(ports: AcceptPorts, submission: Submission, known: KnownJob): Promise<SubmitOutcome> {
  const step = await stepOrUnavailable(ports, submission, () => stepForKnownJob(ports, submission, known, undefined))
  return (await completeSteps(ports, [step]))[0]!
}

async function completeSteps(ports: AcceptPorts, steps: readonly Step[]): Promise<SubmitOutcome[]> {
  const [unsent] = await Promise.all([sendStepMessages(ports, steps), pushSteps(ports, steps)])
  await unlistRerunJobs(
    ports,
    steps.flatMap(({ listed, message }) => (listed && !(message && unsent.has(message)) ? listed : [])),
  )
  return steps.map(({ outcome, message }) =>
    message !== undefined && unsent.has(message) ? unavailableOutcome(message.id) : outcome,
  )
}

async function insertSubmitted(
  { store, log }: AcceptPorts,
  jobs: readonly NewJob[],
  watcher: string | undefined,
): Promise<readonly InsertResult[]> {
  const results = await store
    .insert(jobs, watcher)
    .catch((cause: unknown) => jobs.map((): InsertResult => ({ kind: 'unavailable', cause })))
  // One cause usually hits many jobs: a line for each would flood the log.
  const causes = new Set(results.flatMap((result) => (result.kind === 'unavailable' ? (result.cause ?? []) : [])))
  for (const cause of causes) log('error', 'Inserting jobs failed.', errorFields(cause))
  return results
}

async function stepAfterInsert(
  ports: AcceptPorts,
  submission: Submission,
  result: InsertResult,
  watcher: string | undefined,
): Promise<Step> {
  if (result.kind === 'unavailable') return { outcome: unavailableOutcome(submission.job.id) }
  if (result.kind === 'existed')
    return stepOrUnavailable(ports, submission, () => stepForKnownJob(ports, submission, result, watcher))
  return firstStep(submission, stateOfNew(submission.job))
}

/** Makes the step that sends the first message of a life of a job. */
function firstStep({ job, input }: Submission, { status, version }: JobState): Step {
  return {
    outcome: { id: job.id, status, version },
    message: messageOf(job, input, job.policy ?? {}),
    dueAt: job.dueAt,
  }
}

async function stepOrUnavailable(
  { log }: AcceptPorts,
  { job: { id } }: Submission,
  makeStep: () => Promise<Step>,
): Promise<Step> {
  try {
    return await makeStep()
  } catch (error) {
    log('error', 'Submitting a known job again failed.', { jobId: id, ...errorFields(error) })
    return { outcome: unavailableOutcome(id) }
  }
}

/** The first submit of an id counts. A later submit gets that job, or may run it again if it did not succeed. */
async function stepForKnownJob(
  ports: AcceptPorts,
  submission: Submission,
  known: KnownJob,
  watcher: string | undefined,
): Promise<Step> {
  const { id, queue } = known.record
  if (queue === EXTERNAL_QUEUE) return { outcome: refusedOutcome(id, 'JOB_IS_EXTERNAL', externalJobText(id)) }
  if (!isSameWork(known.record, submission.job)) return { outcome: conflictOutcome(id) }
  if (!submission.rerun) return stepForExistingJob(ports, submission, known, watcher)
  let present = known
  for (let attempt = 0; attempt < RERUN_TRIES && canRerun(present.record); attempt++) {
    const step = await rerunStep(ports, submission, present.record, watcher)
    if (step !== undefined) return step
    const found = await ports.store.find(present.record)
    if (found === undefined) return { outcome: unavailableOutcome(id) }
    present = found
  }
  return stepForExistingJob(ports, submission, present, watcher)
}

/** A success is never run again. */
function canRerun({ status }: JobRecord): boolean {
  return status === 'failed' || status === 'cancelled'
}

async function rerunStep(
  { store }: AcceptPorts,
  submission: Submission,
  seen: JobRecord,
  watcher: string | undefined,
): Promise<Step | undefined> {
  const { job } = submission
  // `createdAt` tells the messages and workers of the former life from the new ones: it must not be the same.
  const again = { ...submission, job: { ...job, createdAt: Math.max(job.createdAt, seen.createdAt + 1) } }
  const stored = await store.rerun(again.job, seen, watcher)
  if (stored === undefined) return undefined
  const watchers = stored.watchers.filter((other) => other !== watcher)
  const step = { ...firstStep(again, stored.state), listed: stored.listedAsFailed ? job : undefined }
  if (watchers.length === 0) return step
  return { ...step, push: { namespace: stored.namespace, update: updateForWatchers(stored), watchers } }
}

async function stepForExistingJob(
  { store, clock }: AcceptPorts,
  { job, input }: Submission,
  known: KnownJob,
  watcher: string | undefined,
): Promise<Step> {
  const { record, policy, watchers } = known
  const { id, namespace } = record
  // From that moment on the session that submits gets every change.
  const unwatched = watcher !== undefined && !isTerminal(record.status) && !watchers.includes(watcher)
  const watched = unwatched ? await watchIfRoom(store, record, watcher) : undefined
  const present = watched ?? toStoredJob(known)
  const { state } = present
  const outcome = { id, status: state.status, version: state.version, existed: true } as const
  // Its message may never have been sent. A rescue runs the job if nothing else does. After a failed attempt there was
  // a message.
  if (state.status === 'pending' && state.attempts === 0) {
    // The lane of its first message may be gone, and that message with it.
    const message = { ...messageOf({ ...record, queue: job.queue }, input, policy), rescue: true } as const
    const dueAt = Math.max(state.dueAt ?? 0, clock.now() + RESCUE_AFTER_MS)
    return { outcome, message, dueAt, listed: present.listedAsFailed ? record : undefined }
  }
  if (watcher === undefined || state.status === 'pending') return { outcome }
  return { outcome, push: { namespace, update: updateForWatchers(present), watchers: [watcher] } }
}

/**
 * Watches a job if it has room for the watcher. If it has none, the client is told that the job existed, subscribes to
 * it, and gets the refusal then.
 */
async function watchIfRoom(store: JobStore, record: JobRecord, watcher: string): Promise<StoredJob | undefined> {
  const watch = await store.watch(record, watcher, record.expiresAt)
  return watch.kind === 'watched' ? watch.job : undefined
}

async function sendStepMessages(
  { queue, log }: AcceptPorts,
  steps: readonly Step[],
): Promise<ReadonlySet<QueueMessage>> {
  const messages = steps.flatMap(({ message }) => message ?? [])
  if (messages.length === 0) return new Set()
  const due = new Map<QueueMessage, number>()
  for (const { message, dueAt } of steps) if (message !== undefined && dueAt !== undefined) due.set(message, dueAt)
  try {
    return new Set(await queue.send(messages, due))
  } catch (error) {
    log('error', 'Sending job messages failed.', errorFields(error))
    return new Set(messages)
  }
}

/** A job that stays in the index is harmless: each retry of all failed jobs reads it once more, until it has ended. */
async function unlistRerunJobs({ store, log }: AcceptPorts, keys: readonly JobKey[]): Promise<void> {
  if (keys.length === 0) return
  await store.unlistFailed(keys).catch((error: unknown) => {
    log('error', 'Taking jobs out of the index of failed jobs failed.', errorFields(error))
  })
}

async function pushSteps({ pusher, log }: AcceptPorts, steps: readonly Step[]): Promise<void> {
  const pushes = steps.flatMap(({ push }) => push ?? [])
  if (pushes.length === 0) return
  await pusher.push(pushes).catch((error: unknown) => {
    log('error', 'Pushing the state of known jobs failed.', errorFields(error))
  })
}

function unavailableOutcome(id: string): SubmitOutcome {
  return refusedOutcome(
    id,
    'UNAVAILABLE',
    'It is unknown if the job was accepted: submit it again with the same id, which is safe.',
  )
}

/** Makes the outcome for an id that names a job with another task or input. */
export function conflictOutcome(id: string): SubmitOutcome {
  const message = 'This id or key names a job with another task or input. Get that job, or submit under another name.'
  return refusedOutcome(id, 'IDEMPOTENCY_CONFLICT', message)
}

export function externalJobText(id: string): string {
  return `The job "${id}" runs in no queue, because a program publishes its state. Submit under another id.`
}

function refusedOutcome(id: string, code: ErrorCode, message: string): SubmitOutcome {
  return { id, error: refuse(code, message).error }
}
