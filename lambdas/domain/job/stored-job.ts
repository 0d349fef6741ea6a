import type { JobRecord } from '../../../protocol/job/job.ts'
import type { PayloadPointer } from '../../../protocol/job/payload.ts'
import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import type { JobState } from './job-state.ts'

/** What names a job: nobody reads a job of another namespace, because every key starts with it. */
export interface JobKey {
  readonly namespace: string
  readonly id: string
}

/** What a submit asked for beyond its task's own policy. The record keeps it, so that the job can run again. */
export type JobPolicy = Pick<
  QueueMessage,
  'attempts' | 'backoffInitialMs' | 'backoffCapMs' | 'timeoutMs' | 'startBy' | 'group'
>

/** A job before anything has happened to it. */
export interface NewJob
  extends
    JobKey,
    Pick<JobRecord, 'task' | 'input' | 'priority' | 'queue' | 'createdAt' | 'expiresAt'>,
    Pick<JobRecord, 'idempotencyKey' | 'metadata' | 'tags' | 'dueAt' | 'webhook'> {
  readonly policy?: JobPolicy
  /** Where the input is that was too large for the record; `input` is null then. */
  readonly inputRef?: PayloadPointer
}

/** A stored job, whole but for payloads that are kept apart: those the record says are omitted. */
export interface KnownJob {
  readonly record: JobRecord
  readonly inputRef?: PayloadPointer
  readonly outputRef?: PayloadPointer
  readonly policy: JobPolicy
  readonly watchers: readonly string[]
  readonly watchRevision: number
  /** Whether it is in the index of failed jobs. One that was run again may still be. */
  readonly listedAsFailed?: boolean
}

/** What a writer must know of a stored job: its state, and who watches it. */
export interface StoredJob extends JobKey {
  readonly state: JobState
  /** Who wants updates, each `<session>@<connectionId>`. */
  readonly watchers: readonly string[]
  /** Grows with every subscribe. A write on the condition of it has missed no watcher. */
  readonly watchRevision: number
  /** With the key, tells one life of an id from the next one after it expired. */
  readonly createdAt: number
  readonly expiresAt: number
  readonly facts: JobFacts
  /** Whether it is in the index of failed jobs. One that was run again may still be. */
  readonly listedAsFailed?: boolean
}

/** What was written once, at the submit, as far as it is told of a job that has ended. */
export interface JobFacts extends Pick<
  JobRecord,
  'task' | 'priority' | 'queue' | 'idempotencyKey' | 'metadata' | 'tags' | 'webhook'
> {
  /** Absent where it is kept apart, or was not read along. */
  readonly inputJson?: string
}
