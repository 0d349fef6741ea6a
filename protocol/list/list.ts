import type { JobRecord, JobStatus, JobUpdate, SubmitOutcome } from '../job/job.ts'

/**
 * A job in a list: what changes, and what it was submitted with. Payloads only where `include` asks for them.
 *
 * @example
 * const print = ({ id, task, createdAt }: ListedJob) => console.log(id, task, new Date(createdAt))
 */
export type ListedJob = JobUpdate &
  Pick<JobRecord, 'task' | 'priority' | 'queue' | 'createdAt' | 'expiresAt' | 'tags' | 'metadata'> &
  Partial<Pick<JobRecord, 'input' | 'inputOmitted'>>

export const PAYLOADS = ['input', 'output'] as const

/** What `include` may ask for. */
export type Payload = (typeof PAYLOADS)[number]

/** In id order, ascending or descending. Generated ids sort by time. */
export const ORDERS = ['asc', 'desc'] as const

export type Order = (typeof ORDERS)[number]

/** Which jobs a list or a count is about. Those that pass every part of it. */
export interface JobFilter {
  /** What the id begins with. */
  readonly prefix?: string
  /** Only ids that Jobwire's clients or the platform made: for them, a time range is a range of keys. */
  readonly generated?: boolean
  /** `createdAt` not before this, in epoch milliseconds. */
  readonly since?: number
  /** `createdAt` before this. */
  readonly until?: number
  readonly task?: string
  /** All of them. */
  readonly tags: readonly string[]
  /** Names and values, as text. */
  readonly metadata: readonly (readonly [name: string, value: string])[]
}

/** The query of `GET /jobs`. */
export interface ListQuery {
  readonly filter: JobFilter
  /** Any of them; every status where there is none. */
  readonly statuses: readonly JobStatus[]
  /** The error's code, of failed jobs. */
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
 * `GET /jobs`. A page may be short or empty and still have a cursor: each reads no more than so many records,
 * whether or not they pass the filter. The list has ended where there is no cursor.
 *
 * @example
 * const { jobs: page, cursor }: ListAnswer = await jobs.list({ status: 'failed' })
 */
export interface ListAnswer {
  readonly jobs: readonly ListedJob[]
  readonly cursor?: string
}

/** `GET /counts`. With a cursor, the counts are those of a part: ask for the rest by it, and add them up. */
export interface CountAnswer {
  readonly counts: Readonly<Record<JobStatus, number>>
  readonly total: number
  readonly cursor?: string
}

/** `GET /failures`: how many jobs have failed with each code. A cursor as with counts. */
export interface FailureAnswer {
  readonly codes: Readonly<Record<string, number>>
  readonly total: number
  readonly cursor?: string
}

/** `POST /retries`: one outcome for each job that was run again or, where `ids` named it, could not be. */
export interface RetryAnswer {
  readonly jobs: readonly SubmitOutcome[]
  readonly cursor?: string
}
