import type { DeliveryErrorCode, WebhookDelivery, WebhookMessage } from '../../../protocol/webhooks/webhook.ts'
import type { JobKey } from '../job/stored-job.ts'

/** Where webhooks wait for their delivery. */
export interface WebhookQueue {
  /** Returns those that could not be sent after some tries. Never rejects for a part of them. */
  send(messages: readonly WebhookMessage[]): Promise<readonly WebhookMessage[]>
}

/** When webhooks that were received and are not delivered come again. */
export interface WebhookRedelivery {
  /** Never rejects: what could not be postponed comes after the queue's visibility timeout. */
  postpone(messages: readonly { readonly receiptHandle: string; readonly delayMs: number }[]): Promise<void>
}

/** A delivery as the log keeps it. */
export interface LoggedDelivery extends WebhookDelivery {
  /** The queue's message that this delivery goes on with. Whatever other message there is of it is one too many. */
  readonly itemId: string
}

/** What names a delivery in the log: a job, one life of it, and a version. */
export interface DeliveryKey extends JobKey {
  readonly createdAt: number
  readonly version: number
}

/** The log of deliveries. Nothing that has expired by our own clock is ever returned. */
export interface DeliveryLog {
  /** Strongly consistent. */
  read(key: DeliveryKey): Promise<LoggedDelivery | undefined>
  write(key: DeliveryKey, delivery: LoggedDelivery): Promise<void>
}

/** The log as callers read it. */
export interface DeliveryPages {
  /** The deliveries of a job, the latest first, up to a hundred. */
  list(key: JobKey): Promise<readonly WebhookDelivery[]>
}

/** What signs the webhooks of a namespace: the present secret first, then the one before it, if there is one. */
export type WebhookSecrets = (namespace: string) => Promise<readonly string[]>

export interface WebhookRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type WebhookAnswer =
  | { readonly status: number; readonly retryAfter?: string }
  /** `reason` is for our own log: it may tell of addresses that are nobody else's business. */
  | { readonly error: DeliveryErrorCode; readonly reason: string }

/** Makes one request, bounded in time and size. Never rejects for what the receiver does. */
export type PostWebhook = (request: WebhookRequest) => Promise<WebhookAnswer>
