import type { JobMetadata, JobUpdate, Json, TerminalStatus } from '../job/job.ts'

/**
 * The job in a webhook: its final state, its task, and the caller's own facts about it.
 *
 * @example
 * const saveWidth = ({ id, output }: WebhookJob<{ width: number }>) => widths.set(id, output?.width)
 */
export interface WebhookJob<Output = Json> extends Omit<JobUpdate, 'output'> {
  readonly task: string
  /** Present only on success. An output over 100 KB is left out, and `outputOmitted` is true: get the job by its id. */
  readonly output?: Output
  readonly metadata?: JobMetadata
  readonly tags?: readonly string[]
}

/** The body of a webhook for one final status. */
interface WebhookEventOf<Status extends TerminalStatus, Output, Data> {
  readonly type: `job.${Status}`
  /** The time when the job ended, in ISO 8601. */
  readonly timestamp: string
  readonly data: {
    readonly job: WebhookJob<Output> & { readonly status: Status }
    /** The `webhook.data` of the submit, unchanged. */
    readonly data?: Data
  }
}

/**
 * The body of a webhook: the final status of a job, and the job.
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

/** The body of a message in the webhook queue: a webhook to deliver. */
export interface WebhookMessage {
  readonly v: 1
  /** The value of the header `webhook-id`, the same however often the message is sent. */
  readonly webhookId: string
  readonly namespace: string
  readonly jobId: string
  /** The time when this life of the job began, in epoch milliseconds. */
  readonly createdAt: number
  readonly url: string
  readonly event: WebhookEvent
  /** The number of attempts before this message was sent. Absent in the first message of a delivery. */
  readonly attemptsMade?: number
  /** The time of the next attempt, in epoch milliseconds. Absent in the first message of a delivery. */
  readonly dueAt?: number
}

/** The reasons why a request got no valid answer. */
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
  /** The time when it began, in epoch milliseconds. */
  readonly at: number
  readonly durationMs: number
  /** The HTTP status of the answer. */
  readonly status?: number
  /** The reason, if there was no answer. */
  readonly error?: DeliveryErrorCode
}

/** The delivery of one webhook, with its attempts. */
export interface WebhookDelivery {
  readonly webhookId: string
  readonly type: WebhookEvent['type']
  /** The version of the job in the webhook. */
  readonly version: number
  readonly url: string
  readonly state: 'delivered' | 'retrying' | 'failed'
  /** The time of the next attempt, in epoch milliseconds. Present only while the state is `retrying`. */
  readonly nextAttemptAt?: number
  readonly attempts: readonly DeliveryAttempt[]
}
