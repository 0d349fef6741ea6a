import type { JobMetadata, JobStatus } from '../../../protocol/job/job.ts'
import type { Order, Payload } from '../../../protocol/list/list.ts'
import type { WaitOptions } from './types.ts'

/**
 * Which jobs are counted: those that pass all of it.
 *
 * @example
 * await jobs.counts({ since: Date.now() - 3_600_000, generated: true })
 */
export interface CountOptions extends WaitOptions {
  /** What the id begins with. */
  readonly prefix?: string | undefined
  /** Only ids that were made up by a client or the platform: a time range reads nothing else then. */
  readonly generated?: boolean | undefined
  /** Submitted at this time or later: epoch milliseconds, a `Date`, or like `2026-11-21T08:00:00Z`. */
  readonly since?: number | string | Date | undefined
  /** Submitted before this time. */
  readonly until?: number | string | Date | undefined
  readonly task?: string | undefined
  /** With all of these tags. */
  readonly tags?: string | readonly string[] | undefined
  /** With these values in its metadata. */
  readonly metadata?: JobMetadata | undefined
}

/**
 * Which jobs are listed, and how.
 *
 * @example
 * const options: ListOptions = { status: ['pending', 'running'], metadata: { customer: 7 }, order: 'desc', limit: 50 }
 */
export interface ListOptions extends CountOptions {
  readonly status?: JobStatus | readonly JobStatus[] | undefined
  /** Only jobs that failed with this code. */
  readonly code?: string | undefined
  /** By id; generated ids sort by time. `asc` by default. */
  readonly order?: Order | undefined
  /** How many at most. An awaited page has 1,000 at most, and 100 by default. */
  readonly limit?: number | undefined
  /** Payloads, which are left out by default. */
  readonly include?: Payload | readonly Payload[] | undefined
  /** That of an earlier page. */
  readonly cursor?: string | undefined
}

/**
 * How many jobs there are in each status, and in all.
 *
 * @example
 * const done = ({ success, failed, cancelled }: Counts) => success + failed + cancelled
 */
export type Counts = Readonly<Record<JobStatus | 'total', number>>

/**
 * Which failed jobs are run again: one of `ids`, `code` and `all`.
 *
 * @example
 * await jobs.retryFailed({ all: true, prefix: 'import-7:' })
 */
export type RetryFailedOptions =
  | { readonly ids: readonly string[] }
  | ({ readonly code: string } & RetryBounds)
  | ({ readonly all: true } & RetryBounds)

interface RetryBounds {
  /** Only jobs whose id begins with it. */
  readonly prefix?: string
}

/**
 * Which workers are listed.
 *
 * @example
 * const { workers, next } = await jobs.workers({ queue: 'default', limit: 20 })
 */
export interface WorkerListOptions extends WaitOptions {
  /** Those of one lane of compute. */
  readonly queue?: string | undefined
  /** Those whose ids come after this one. */
  readonly after?: string | undefined
  /** On a page. */
  readonly limit?: number | undefined
}
