import type { Priority } from './priority.ts'
import type { Backoff, Duration } from '../kit/policy.ts'

/**
 * What JSON can carry.
 *
 * @example
 * const input: Json = { key: 'a.png', sizes: [20, 40] }
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

export const JOB_STATUSES = ['pending', 'running', 'success', 'failed', 'cancelled'] as const

/**
 * Where a job is in its life; the last three are ends and never change.
 *
 * @example
 * const status: JobStatus = await jobs.status('order-17')
 */
export type JobStatus = (typeof JOB_STATUSES)[number]

/** The states that never change again. */
export type TerminalStatus = Extract<JobStatus, 'success' | 'failed' | 'cancelled'>

export function isTerminal(status: JobStatus): status is TerminalStatus {
  return status === 'success' || status === 'failed' || status === 'cancelled'
}

/**
 * Why a job failed. `retryable` says whether another run could end otherwise.
 *
 * @example
 * const failure: JobFailure = { code: 'OUT_OF_PAPER', message: 'Load tray 2.', retryable: true }
 */
export interface JobFailure {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
}

/**
 * How far a running job has come, in the task's own words.
 *
 * @example
 * const progress: JobProgress = { percent: 40, message: 'Page 4 of 10' }
 */
export interface JobProgress {
  /** From 0 to 100. */
  readonly percent?: number
  readonly message?: string
  readonly data?: Json
}

/**
 * The part of a job that changes, and what is pushed at each change. `version` grows by one with every
 * change, so that a reader can drop what it has already seen. Times are epoch milliseconds.
 *
 * @example
 * const print = ({ id, version, status }: JobUpdate) => console.log(id, version, status)
 */
export interface JobUpdate {
  readonly id: string
  readonly version: number
  readonly status: JobStatus
  /** How many runs have been recorded as failed so far. */
  readonly attempts: number
  readonly startedAt?: number
  readonly finishedAt?: number
  /** Only when the status is `success`. */
  readonly output?: Json
  /** Why the job failed; on a job that is pending again, why its latest run did. */
  readonly error?: JobFailure
  /** The latest progress that the task or a publisher has told. */
  readonly progress?: JobProgress
  /** When the next run is due, on a job that waits: delayed, or between two attempts. */
  readonly dueAt?: number
  /** True where the output was too large for one socket message: fetch the job by REST. */
  readonly outputOmitted?: true
}

/**
 * A job, whole.
 *
 * @example
 * const { task, input, attempts }: JobRecord = await jobs.get('order-17')
 */
export interface JobRecord extends JobUpdate {
  readonly namespace: string
  readonly task: string
  readonly input: Json
  /** True where the input was too large for this answer, and `input` is null for that. */
  readonly inputOmitted?: true
  readonly priority: Priority
  readonly queue: string
  readonly createdAt: number
  /** When the record will be gone, in epoch milliseconds. */
  readonly expiresAt: number
  readonly idempotencyKey?: string
  readonly metadata?: JobMetadata
  readonly tags?: readonly string[]
  readonly webhook?: JobWebhook
}

/**
 * Who is told by an HTTP request that a job has ended.
 *
 * @example
 * const webhook: JobWebhook = { url: 'https://example.com/jobs', data: { order: 17 } }
 */
export interface JobWebhook {
  /** `https://…`, at most 2,048 characters, without a user name and without a fragment. */
  readonly url: string
  /** Comes back in the request as it is: any JSON of at most 8 KB. */
  readonly data?: Json
}

/**
 * The caller's own facts about a job, which lists can be filtered by.
 *
 * @example
 * const metadata: JobMetadata = { customer: 7, plan: 'pro' }
 */
export type JobMetadata = Readonly<Record<string, string | number | boolean>>

/** What a client asks to be run. */
export interface JobRequest {
  /** Made by the client, so that sending the same request again runs nothing twice. Made by the server if absent. */
  readonly id?: string
  readonly task: string
  readonly input?: Json
  readonly priority?: Priority
  /**
   * A name of the caller's own for this piece of work, 1 to 256 characters, in place of an id: a second submit
   * with the same key gives the first job. The same key with another task or input is an `IDEMPOTENCY_CONFLICT`.
   */
  readonly idempotencyKey?: string
  /** With an id or a key whose job has failed or was cancelled: run it again under its name. */
  readonly rerun?: boolean
  /** How many runs at most. The task's own by default. */
  readonly attempts?: number
  readonly backoff?: Backoff
  /** How long one run may take. */
  readonly timeout?: Duration
  /** Not before this time has passed. */
  readonly delay?: Duration
  /** A job that has not started this long after its submit (and delay) fails as `EXPIRED`. */
  readonly startWithin?: Duration
  /** How long the record is kept, from the submit. */
  readonly ttl?: Duration
  readonly metadata?: JobMetadata
  readonly tags?: readonly string[]
  /**
   * Whose work this is, within the namespace, 1 to 128 characters: where one group has many jobs under way, those
   * of others come first. Without one, the whole namespace is a group.
   */
  readonly group?: string
  /** Who is told when the job has ended. */
  readonly webhook?: JobWebhook
}

/**
 * What became of one job of a submit, in the order of the request.
 *
 * @example
 * const again = (outcomes: SubmitOutcome[]) => outcomes.filter((outcome) => !('error' in outcome)).length
 */
export type SubmitOutcome =
  | {
      readonly id: string
      readonly status: JobStatus
      readonly version: number
      /** True where the id was already known: nothing new was created, and this is the job it named. */
      readonly existed?: true
    }
  | { readonly id?: string; readonly error: import('../kit/errors.ts').WireError }

/** What a cancel found: the job as it is now, or why there is none. */
export type CancelOutcome =
  | { readonly id: string; readonly status: JobStatus; readonly version: number }
  | { readonly id: string; readonly error: import('../kit/errors.ts').WireError }
