import type { JobRecord } from '../../../protocol/job/job.ts'
import type { PayloadPointer } from '../../../protocol/job/payload.ts'
import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import type { JobState } from './job-state.ts'

/** Names a job. Nobody can read a job of another namespace, because every key starts with the namespace. */
export interface JobKey {
  readonly namespace: string
  readonly id: string
}

/** The terms of a submit that differ from its task's own. The record keeps them, so that the job can run again. */
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
  /** Points at an input that is too large for the record; `input` is null then. */
  readonly inputRef?: PayloadPointer
}

/** A stored job, whole except for offloaded payloads, which the record marks as omitted. */
export interface KnownJob {
  readonly record: JobRecord
  readonly inputRef?: PayloadPointer
  readonly outputRef?: PayloadPointer
  readonly policy: JobPolicy
  readonly watchers: readonly string[]
  readonly watchRevision: number
  /** True if the job is in the index of failed jobs. It may still be while it runs again. */
  readonly listedAsFailed?: boolean
}

/** The part of a stored job that a writer needs: its state, and its watchers. */
export interface StoredJob extends JobKey {
  readonly state: JobState
  /** The watchers, each as `<session>@<connectionId>`. */
  readonly watchers: readonly string[]
  /** Grows with every subscribe. A write on the condition of this number has missed no watcher. */
  readonly watchRevision: number
  /** Together with the key, tells one life of an id from the next. */
  readonly createdAt: number
  readonly expiresAt: number
  readonly facts: JobFacts
  /** True if the job is in the index of failed jobs. It may still be while it runs again. */
  readonly listedAsFailed?: boolean
}

/** The part of a job that its submit has fixed, as far as watchers and webhooks are told of it. */
export interface JobFacts extends Pick<
  JobRecord,
  'task' | 'priority' | 'queue' | 'idempotencyKey' | 'metadata' | 'tags' | 'webhook'
> {
  /** Absent if the input is offloaded, or was not read. */
  readonly inputJson?: string
}
