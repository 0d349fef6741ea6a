import type { JobRecord, JobUpdate } from '../../../protocol/job/job.ts'
import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import type { JobState } from './job-state.ts'
import { PENDING } from './job-state.ts'
import type { JobFacts, JobPolicy, KnownJob, NewJob, StoredJob } from './stored-job.ts'

const STATE_FIELDS = Object.keys({
  version: true,
  status: true,
  attempts: true,
  startedAt: true,
  finishedAt: true,
  output: true,
  outputOmitted: true,
  error: true,
  progress: true,
  dueAt: true,
} satisfies Record<keyof Omit<JobUpdate, 'id'>, true>) as (keyof JobState & keyof JobRecord)[]

/** Makes the state that a submit stores. */
export function stateOfNew({ dueAt }: Pick<NewJob, 'dueAt'>): JobState {
  return dueAt === undefined ? PENDING : { ...PENDING, dueAt }
}

/** Takes out of a record the part that changes. */
export function stateOf(record: JobRecord): JobState {
  const present = STATE_FIELDS.filter((field) => record[field] !== undefined)
  return Object.fromEntries(present.map((field) => [field, record[field]])) as unknown as JobState
}

/** Takes out of a job that was read whole the part that a writer needs. */
export function toStoredJob({ record, watchers, watchRevision, listedAsFailed }: KnownJob): StoredJob {
  const { namespace, id, createdAt, expiresAt, inputOmitted = false } = record
  const facts = factsOf(record, inputOmitted)
  const listed = listedAsFailed === undefined ? {} : { listedAsFailed }
  return { namespace, id, createdAt, expiresAt, state: stateOf(record), watchers, watchRevision, facts, ...listed }
}

/** Takes out of a job what its watchers and webhooks are told besides its state. */
export function factsOf(job: Omit<JobFacts, 'inputJson'> & Pick<NewJob, 'input'>, inputIsOffloaded: boolean): JobFacts {
  const { task, priority, queue, idempotencyKey, metadata, tags, webhook } = job
  return {
    task,
    priority,
    queue,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(tags === undefined ? {} : { tags }),
    ...(webhook === undefined ? {} : { webhook }),
    ...(inputIsOffloaded ? {} : { inputJson: JSON.stringify(job.input) }),
  }
}

/** Makes the message of a job. `input` is the input that its task runs with, as the task's schema returned it. */
export function messageOf(job: Omit<NewJob, 'policy'>, input: QueueMessage['input'], policy: JobPolicy): QueueMessage {
  const { id, namespace, task, queue, priority, createdAt, expiresAt } = job
  return { v: 1, id, namespace, task, input, queue, priority, createdAt, expiresAt, ...policy }
}
