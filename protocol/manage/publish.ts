import type { JobFailure, JobMetadata, JobProgress, JobWebhook, Json } from '../job/job.ts'
import type { Duration } from '../kit/policy.ts'

/**
 * The body of `POST /jobs/{id}/publish`: the progress or the end of a job that no queue runs.
 *
 * @example
 * const body: PublishBody = { status: 'success', output: { pages: 12 } }
 */
export type PublishBody = {
  /**
   * The name of the task in lists, `external` by default. Like `metadata`, `tags`, `ttl` and `webhook`, it counts only if
   * this publish creates the record.
   */
  readonly task?: string
  readonly metadata?: JobMetadata
  readonly tags?: readonly string[]
  /** The time for which the record is kept. */
  readonly ttl?: Duration
  /** The receiver to call when the job has ended. */
  readonly webhook?: JobWebhook
  readonly progress?: JobProgress
} & (
  | { readonly status?: undefined }
  | { readonly status: 'success'; readonly output?: Json }
  | { readonly status: 'failed'; readonly error: PublishedError }
)

export interface PublishedError extends Omit<JobFailure, 'retryable'> {
  /** False by default. */
  readonly retryable?: boolean
}
