import type { JobRecord, JobStatus, JobUpdate, SubmitOutcome } from '../job/job.ts'

/**
 * A job in a list: its state and its submit. It has payloads only if `include` asks for them.
 *
 * @example
 * const print = ({ id, task, createdAt }: ListedJob) => console.log(id, task, new Date(createdAt))
 */
export type ListedJob = JobUpdate &
  Pick<JobRecord, 'task' | 'priority' | 'queue' | 'createdAt' | 'expiresAt' | 'tags' | 'metadata'> &
  Partial<Pick<JobRecord, 'input' | 'inputOmitted'>>

export const PAYLOADS = ['input', 'output'] as const

/** A payload that `include` may ask for. */
export type Payload = (typeof PAYLOADS)[number]

/** The orders of a list, by id: ascending or descending. Generated ids sort by time. */
export const ORDERS = ['asc', 'desc'] as const

export type Order = (typeof ORDERS)[number]

/** The filter of a list or a count. A job must pass every part of it. */
export interface JobFilter {
  /** The beginning of the id. */
  readonly prefix?: string
  /** Only ids that Jobwire's clients or the platform made: for them, a time range is a range of keys. */
  readonly generated?: boolean
  /** `createdAt` not before this, in epoch milliseconds. */
  readonly since?: number
  /** `createdAt` before this. */
  readonly until?: number
  readonly task?: string
  /** The job must have all of them. */
  readonly tags: readonly string[]
  /** Names and values, as text. */
  readonly metadata: readonly (readonly [name: string, value: string])[]
}

/** The query of `GET /jobs`. */
export interface ListQuery {
  readonly filter: JobFilter
  /** The job must have one of them. Empty for any status. */
  readonly statuses: readonly JobStatus[]
  /** The error code of failed jobs. */
  readonly code?: string
  readonly order: Order
  readonly limit: number
  readonly include: readonly Payload[]
  readonly cursor?: string
}

/** The query of `GET /counts`. */
export interface CountQuery {
  readonly filter: JobFilter
  readonly cursor?: string
}

/** The query of `GET /failures`. */
export interface FailureQuery {
  readonly prefix?: string
  readonly cursor?: string
}

/** The body of `POST /retries`: one of `ids`, `code` and `all`. */
export interface RetryBody {
  readonly ids?: readonly string[]
  readonly code?: string
  readonly all?: true
  /** With `code` or `all`: only jobs whose id begins with it. */
  readonly prefix?: string
  readonly limit?: number
  readonly cursor?: string
}

/**
 * The answer to `GET /jobs`. A page may be short or empty and still have a cursor, because each page reads a limited
 * number of records, whether or not they pass the filter. Only the last page has no cursor.
 *
 * @example
 * const { jobs: page, cursor }: ListAnswer = await jobs.list({ status: 'failed' })
 */
export interface ListAnswer {
  readonly jobs: readonly ListedJob[]
  readonly cursor?: string
}

/** The answer to `GET /counts`. With a cursor, it counts only a part: ask again with the cursor, and add up. */
export interface CountAnswer {
  readonly counts: Readonly<Record<JobStatus, number>>
  readonly total: number
  readonly cursor?: string
}

/** The answer to `GET /failures`: the number of failed jobs by code. A cursor means the same as with counts. */
export interface FailureAnswer {
  readonly codes: Readonly<Record<string, number>>
  readonly total: number
  readonly cursor?: string
}

/** The answer to `POST /retries`: one outcome for each job that runs again, or that `ids` named and that cannot. */
export interface RetryAnswer {
  readonly jobs: readonly SubmitOutcome[]
  readonly cursor?: string
}
