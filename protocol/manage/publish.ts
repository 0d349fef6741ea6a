import type { JobFailure, JobMetadata, JobProgress, JobWebhook, Json } from '../job/job.ts'
import type { Duration } from '../kit/policy.ts'

/**
 * The body of `POST /jobs/{id}/publish`: what becomes of a job that no queue runs.
 *
 * @example
 * const body: PublishBody = { status: 'success', output: { pages: 12 } }
 */
export type PublishBody = {
  /** What the job is called in lists, `external` by default. It and the next three count where the record is made. */
  readonly task?: string
  readonly metadata?: JobMetadata
  readonly tags?: readonly string[]
  /** How long the record is kept. */
  readonly ttl?: Duration
  /** Who is told when the job has ended. It, too, counts where the record is made. */
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
