import type { JobRecord, JobUpdate } from '../../protocol/job.ts'
import type { QueueMessage } from '../../protocol/queue-message.ts'
import type { JobState } from './job.ts'
import { PENDING } from './job.ts'
import type { JobPolicy, KnownJob, NewJob, StoredJob, StoredWebhook } from './ports.ts'

/** The queue of jobs that no queue runs: a program of the caller's own publishes what becomes of them. */
export const EXTERNAL_QUEUE = 'external'

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

/** The state that a submit stores. */
export function stateOfNew({ dueAt }: Pick<NewJob, 'dueAt'>): JobState {
  return dueAt === undefined ? PENDING : { ...PENDING, dueAt }
}

/** The part of a record that changes. */
export function stateOf(record: JobRecord): JobState {
  const present = STATE_FIELDS.filter((field) => record[field] !== undefined)
  return Object.fromEntries(present.map((field) => [field, record[field]])) as unknown as JobState
}

/** What a writer needs of a job that was read whole. */
export function storedOf({ record, watchers, watchRevision }: KnownJob): StoredJob {
  const { namespace, id, createdAt, expiresAt } = record
  const stored = { namespace, id, createdAt, expiresAt, state: stateOf(record), watchers, watchRevision }
  return { ...stored, ...webhookOf(record) }
}

/** The webhook of a job with what it tells, where it has one. */
export function webhookOf({ webhook, task, metadata, tags }: Pick<NewJob, 'webhook' | 'task' | 'metadata' | 'tags'>): {
  readonly webhook?: StoredWebhook
} {
  if (webhook === undefined) return {}
  const facts = { ...(metadata === undefined ? {} : { metadata }), ...(tags === undefined ? {} : { tags }) }
  return { webhook: { ...webhook, task, ...facts } }
}

/** The message of a job; `input` is what its task runs with, as its schema gave it. */
export function messageOf(job: Omit<NewJob, 'policy'>, input: QueueMessage['input'], policy: JobPolicy): QueueMessage {
  const { id, namespace, task, queue, priority, createdAt, expiresAt } = job
  return { v: 1, id, namespace, task, input, queue, priority, createdAt, expiresAt, ...policy }
}
