import type { Priority } from './priority.ts'
import type { WireError } from '../kit/errors.ts'
import type { Backoff, Duration } from '../kit/policy.ts'

/**
 * Any value that JSON can hold.
 *
 * @example
 * const input: Json = { key: 'a.png', sizes: [20, 40] }
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

export const JOB_STATUSES = ['pending', 'running', 'success', 'failed', 'cancelled'] as const

/**
 * The status of a job. `success`, `failed` and `cancelled` are terminal: they never change.
 *
 * @example
 * const status: JobStatus = await jobs.status('order-17')
 */
export type JobStatus = (typeof JOB_STATUSES)[number]

/** A status that never changes again. */
export type TerminalStatus = Extract<JobStatus, 'success' | 'failed' | 'cancelled'>

/** Returns true if a job with this status has ended. */
export function isTerminal(status: JobStatus): status is TerminalStatus {
  return status === 'success' || status === 'failed' || status === 'cancelled'
}

/**
 * The reason why a job failed. `retryable` says whether another run may succeed.
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
 * The progress of a running job, as its task reports it.
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
 * The state of a job, which is pushed at each change. `version` grows by one with every change, so that a reader
 * can drop updates that it has already seen. Times are epoch milliseconds.
 *
 * @example
 * const print = ({ id, version, status }: JobUpdate) => console.log(id, version, status)
 */
export interface JobUpdate {
  readonly id: string
  readonly version: number
  readonly status: JobStatus
  /** The number of runs that have failed so far. */
  readonly attempts: number
  readonly startedAt?: number
  readonly finishedAt?: number
  /** Present only if the status is `success`. */
  readonly output?: Json
  /** The failure of the job. On a job that is pending again: the failure of its latest run. */
  readonly error?: JobFailure
  /** The latest progress that the task or a publisher has reported. */
  readonly progress?: JobProgress
  /** The time of the next run, on a job that is delayed or waits between two attempts. */
  readonly dueAt?: number
  /** True if the output was too large for one socket message: get the job by REST. */
  readonly outputOmitted?: true
}

/**
 * A job with all its fields.
 *
 * @example
 * const { task, input, attempts }: JobRecord = await jobs.get('order-17')
 */
export interface JobRecord extends JobUpdate {
  readonly namespace: string
  readonly task: string
  readonly input: Json
  /** True if the input was too large for this answer; `input` is null then. */
  readonly inputOmitted?: true
  readonly priority: Priority
  readonly queue: string
  readonly createdAt: number
  /** The time when the record expires, in epoch milliseconds. */
  readonly expiresAt: number
  readonly idempotencyKey?: string
  readonly metadata?: JobMetadata
  readonly tags?: readonly string[]
  readonly webhook?: JobWebhook
}

/**
 * The receiver of an HTTP request that tells when a job has ended.
 *
 * @example
 * const webhook: JobWebhook = { url: 'https://example.com/jobs', data: { order: 17 } }
 */
export interface JobWebhook {
  /** `https://…`, at most 2,048 characters, without a user name and without a fragment. */
  readonly url: string
  /** Any JSON of at most 8 KB. The request carries it unchanged. */
  readonly data?: Json
}

/**
 * The caller's own facts about a job. Lists can be filtered by them.
 *
 * @example
 * const metadata: JobMetadata = { customer: 7, plan: 'pro' }
 */
export type JobMetadata = Readonly<Record<string, string | number | boolean>>

/** A client's request to run a task. */
export interface JobRequest {
  /** Made by the client, so that sending the same request again runs nothing twice. Made by the server if absent. */
  readonly id?: string
  readonly task: string
  readonly input?: Json
  readonly priority?: Priority
  /**
   * A name that the caller gives to this piece of work in place of an id, 1 to 256 characters. A second submit with
   * the same key returns the first job. The same key with another task or input is an `IDEMPOTENCY_CONFLICT`.
   */
  readonly idempotencyKey?: string
  /** If the job of this id or key has failed or was cancelled, run it again under the same id. */
  readonly rerun?: boolean
  /** The largest number of runs. By default as the task says. */
  readonly attempts?: number
  readonly backoff?: Backoff
  /** The longest time that one run may take. */
  readonly timeout?: Duration
  /** The time to wait before the first run. */
  readonly delay?: Duration
  /** A job that has not started this long after its submit (and delay) fails as `EXPIRED`. */
  readonly startWithin?: Duration
  /** The time for which the record is kept, from the submit on. */
  readonly ttl?: Duration
  readonly metadata?: JobMetadata
  readonly tags?: readonly string[]
  /**
   * The owner of this work within the namespace, 1 to 128 characters. If one group has many jobs under
   * way, the jobs of other groups come first. Without a group, the whole namespace is one.
   */
  readonly group?: string
  /** The receiver to call when the job has ended. */
  readonly webhook?: JobWebhook
}

/**
 * The outcome of one job of a submit. Outcomes come in the order of the request.
 *
 * @example
 * const again = (outcomes: SubmitOutcome[]) => outcomes.filter((outcome) => !('error' in outcome)).length
 */
export type SubmitOutcome =
  | {
      readonly id: string
      readonly status: JobStatus
      readonly version: number
      /** True if the id was already known: nothing new was created, and this is the job with that id. */
      readonly existed?: true
    }
  | { readonly id?: string; readonly error: WireError }

/** A job of a subscribe that is not watched, with the reason. */
export interface RefusedWatch {
  readonly id: string
  readonly error: WireError
}

/** The outcome of a cancel for one job: the job as it is now, or the error. */
export type CancelOutcome =
  | { readonly id: string; readonly status: JobStatus; readonly version: number }
  | { readonly id: string; readonly error: WireError }
