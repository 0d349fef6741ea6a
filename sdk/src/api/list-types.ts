import type { JobMetadata, JobStatus } from '../../../protocol/job/job.ts'
import type { Order, Payload } from '../../../protocol/list/list.ts'
import type { WaitOptions } from './types.ts'

/**
 * The filter of `counts`. A job is counted if it passes all of it.
 *
 * @example
 * await jobs.counts({ since: Date.now() - 3_600_000, generated: true })
 */
export interface CountOptions extends WaitOptions {
  /** Only ids that begin with this. */
  readonly prefix?: string | undefined
  /** Only ids that a client or the platform generated. With a time range, no other jobs are read. */
  readonly generated?: boolean | undefined
  /** Only jobs submitted at this time or later: epoch milliseconds, a `Date`, or like `2026-11-21T08:00:00Z`. */
  readonly since?: number | string | Date | undefined
  /** Only jobs submitted before this time. */
  readonly until?: number | string | Date | undefined
  readonly task?: string | undefined
  /** Only jobs with all of these tags. */
  readonly tags?: string | readonly string[] | undefined
  /** Only jobs with these values in their metadata. */
  readonly metadata?: JobMetadata | undefined
}

/**
 * The filter and the order of `list`.
 *
 * @example
 * const options: ListOptions = { status: ['pending', 'running'], metadata: { customer: 7 }, order: 'desc', limit: 50 }
 */
export interface ListOptions extends CountOptions {
  readonly status?: JobStatus | readonly JobStatus[] | undefined
  /** Only jobs that failed with this code. */
  readonly code?: string | undefined
  /** The order by id. Generated ids sort by time. `asc` by default. */
  readonly order?: Order | undefined
  /** The most jobs to return. An awaited page has 1,000 at most, and 100 by default. */
  readonly limit?: number | undefined
  /** Payloads, which are left out by default. */
  readonly include?: Payload | readonly Payload[] | undefined
  /** The `cursor` of an earlier page: the list goes on after that page. */
  readonly cursor?: string | undefined
}

/**
 * The number of jobs in each status, and in all.
 *
 * @example
 * const done = ({ success, failed, cancelled }: Counts) => success + failed + cancelled
 */
export type Counts = Readonly<Record<JobStatus | 'total', number>>

/**
 * The failed jobs that are run again: one of `ids`, `code` and `all`.
 *
 * @example
 * await jobs.retryFailed({ all: true, prefix: 'import-7:' })
 */
export type RetryFailedOptions =
  | { readonly ids: readonly string[] }
  | ({ readonly code: string } & RetryBounds)
  | ({ readonly all: true } & RetryBounds)

interface RetryBounds {
  /** Only ids that begin with this. */
  readonly prefix?: string
}

/**
 * The filter of `workers`.
 *
 * @example
 * const { workers, next } = await jobs.workers({ queue: 'default', limit: 20 })
 */
export interface WorkerListOptions extends WaitOptions {
  /** Only workers of this lane. */
  readonly queue?: string | undefined
  /** Only workers whose ids come after this one. */
  readonly after?: string | undefined
  /** The most workers on a page. */
  readonly limit?: number | undefined
}
