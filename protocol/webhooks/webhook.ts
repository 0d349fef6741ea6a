import type { JobMetadata, JobUpdate, Json, TerminalStatus } from '../job/job.ts'

/**
 * A job as a webhook tells of it: its final state, its task, and the caller's own facts about it.
 *
 * @example
 * const saveWidth = ({ id, output }: WebhookJob<{ width: number }>) => widths.set(id, output?.width)
 */
export interface WebhookJob<Output = Json> extends Omit<JobUpdate, 'output'> {
  readonly task: string
  /** Only of a job that succeeded. One of over 100 KB is left out, and `outputOmitted` says so: get it by the id. */
  readonly output?: Output
  readonly metadata?: JobMetadata
  readonly tags?: readonly string[]
}

/** What the body of a webhook says of a job that has ended in one way. */
interface WebhookEventOf<Status extends TerminalStatus, Output, Data> {
  readonly type: `job.${Status}`
  /** When the job ended, in ISO 8601. */
  readonly timestamp: string
  readonly data: {
    readonly job: WebhookJob<Output> & { readonly status: Status }
    /** What the submit gave as `webhook.data`, as it was. */
    readonly data?: Data
  }
}

/**
 * The body of a webhook: which way a job has ended, and all about it.
 *
 * @example
 * function handle({ type, data: { job, data } }: WebhookEvent) {
 *   if (type === 'job.failed') console.error(job.id, job.error?.code, data)
 * }
 */
export type WebhookEvent<Output = Json, Data = Json> =
  | WebhookEventOf<'success', Output, Data>
  | WebhookEventOf<'failed', Output, Data>
  | WebhookEventOf<'cancelled', Output, Data>

/** The body of a message in the queue of webhooks: one that is to be delivered. */
export interface WebhookMessage {
  readonly v: 1
  /** The value of the header `webhook-id`, the same however often the message is sent. */
  readonly webhookId: string
  readonly namespace: string
  readonly jobId: string
  /** When that life of the job began, in epoch milliseconds. */
  readonly createdAt: number
  readonly url: string
  readonly event: WebhookEvent
}

/** Why no answer came, or none that counts. */
export const DELIVERY_ERRORS = {
  TIMEOUT: 'The receiver did not answer in time.',
  ADDRESS_NOT_FOUND: 'The host name of the receiver has no address.',
  ADDRESS_REFUSED: 'The address of the receiver is not public.',
  CONNECTION_FAILED: 'The connection to the receiver failed or broke.',
  TLS_FAILED: 'The certificate of the receiver is not valid.',
} as const

export type DeliveryErrorCode = keyof typeof DELIVERY_ERRORS

/** One request to the receiver of a webhook. */
export interface DeliveryAttempt {
  /** When it began, in epoch milliseconds. */
  readonly at: number
  readonly durationMs: number
  /** The HTTP status of the answer. */
  readonly status?: number
  /** Where there was no answer. */
  readonly error?: DeliveryErrorCode
}

/** What has become of one webhook. */
export interface WebhookDelivery {
  readonly webhookId: string
  readonly type: WebhookEvent['type']
  /** The version of the job that it tells of. */
  readonly version: number
  readonly url: string
  readonly state: 'delivered' | 'retrying' | 'failed'
  /** When the next attempt is due, in epoch milliseconds; while it is `retrying`. */
  readonly nextAttemptAt?: number
  readonly attempts: readonly DeliveryAttempt[]
}
