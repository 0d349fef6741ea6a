import type { JobRecord, SubmitOutcome } from '../../protocol/job.ts'
import { isTerminal } from '../../protocol/job.ts'
import { refuse } from '../../protocol/parsed.ts'
import type { QueueMessage } from '../../protocol/queue-message.ts'
import { inParallel } from './in-parallel.ts'
import type { JobState } from './job.ts'
import { PENDING } from './job.ts'
import type { Log } from './log.ts'
import { errorFields } from './log.ts'
import { toUpdate } from './pack-updates.ts'
import type { Delivery, InsertResult, JobQueue, JobStore, NewJob, Pusher } from './ports.ts'

const WATCHES_AT_ONCE = 8

/** What becomes of one job, before its message is sent. */
interface Step {
  readonly outcome: SubmitOutcome
  readonly message?: QueueMessage
  readonly delivery?: Delivery
}

export interface AcceptPorts {
  readonly store: JobStore
  readonly queue: JobQueue
  /** Tells a session what has become of a job that it submits again; absent where no session submits. */
  readonly pusher?: Pusher
  readonly log: Log
}

/** Inserts jobs with different ids, sends their messages, and gives one outcome for each. */
export async function acceptNewJobs(
  ports: AcceptPorts,
  jobs: readonly NewJob[],
  watcher: string | undefined,
): Promise<SubmitOutcome[]> {
  const results = await insert(ports, jobs, watcher)
  const steps = await inParallel(results, WATCHES_AT_ONCE, (result, index) =>
    next(ports, jobs[index]!, result, watcher),
  )
  const [unsent] = await Promise.all([send(ports, steps), push(ports, steps)])
  return steps.map(({ outcome, message }) =>
    message !== undefined && unsent.has(message) ? unavailable(message.id) : outcome,
  )
}

async function insert(
  { store, log }: AcceptPorts,
  jobs: readonly NewJob[],
  watcher: string | undefined,
): Promise<readonly InsertResult[]> {
  try {
    return await store.insert(jobs, watcher)
  } catch (error) {
    log('error', 'Inserting jobs failed.', errorFields(error))
    return jobs.map(() => ({ kind: 'unavailable' }))
  }
}

async function next(ports: AcceptPorts, job: NewJob, result: InsertResult, watcher: string | undefined): Promise<Step> {
  if (result.kind === 'unavailable') return { outcome: unavailable(job.id) }
  if (result.kind === 'inserted') {
    const outcome = { id: job.id, status: PENDING.status, version: PENDING.version }
    return { outcome, message: messageOf(job) }
  }
  try {
    return meet(result.record, await presentState(ports, result, watcher), watcher)
  } catch (error) {
    ports.log('error', 'Watching a known job failed.', { jobId: job.id, ...errorFields(error) })
    return { outcome: unavailable(job.id) }
  }
}

/** The state that the submitting session is told; from that moment on it gets every change. */
async function presentState(
  { store }: AcceptPorts,
  { record, watchers }: InsertResult & { kind: 'existed' },
  watcher: string | undefined,
): Promise<JobState> {
  if (watcher === undefined || isTerminal(record.status) || watchers.includes(watcher)) return stateOf(record)
  return (await store.watch(record, watcher, record.expiresAt)) ?? stateOf(record)
}

/** The first submit of an id decides; whoever comes later gets that job. */
function meet(record: JobRecord, state: JobState, watcher: string | undefined): Step {
  const { id, namespace } = record
  const outcome = { id, status: state.status, version: state.version, existed: true } as const
  // Its message may never have been sent: a second one is harmless, since only one run's finish is stored.
  if (state.status === 'pending') return { outcome, message: messageOf(record) }
  if (watcher === undefined) return { outcome }
  return { outcome, delivery: { namespace, update: toUpdate(id, state), watchers: [watcher] } }
}

async function send({ queue, log }: AcceptPorts, steps: readonly Step[]): Promise<ReadonlySet<QueueMessage>> {
  const messages = steps.flatMap(({ message }) => message ?? [])
  if (messages.length === 0) return new Set()
  try {
    return new Set(await queue.send(messages))
  } catch (error) {
    log('error', 'Sending job messages failed.', errorFields(error))
    return new Set(messages)
  }
}

async function push({ pusher, log }: AcceptPorts, steps: readonly Step[]): Promise<void> {
  const deliveries = steps.flatMap(({ delivery }) => delivery ?? [])
  if (deliveries.length === 0) return
  await pusher?.push(deliveries).catch((error: unknown) => {
    log('error', 'Pushing the state of known jobs failed.', errorFields(error))
  })
}

function unavailable(id: string): SubmitOutcome {
  const message = 'The job may not have been accepted: submit it again with the same id, which is safe.'
  return { id, error: refuse('UNAVAILABLE', message).error }
}

function messageOf({ id, namespace, task, input, queue, priority, createdAt, expiresAt }: NewJob): QueueMessage {
  return { v: 1, id, namespace, task, input, queue, priority, createdAt, expiresAt }
}

function stateOf(record: JobRecord): JobState {
  const { version, status, attempts, startedAt, finishedAt, output, error } = record
  return {
    version,
    status,
    attempts,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error }),
  }
}
