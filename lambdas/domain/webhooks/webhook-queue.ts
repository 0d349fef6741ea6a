import type { WebhookMessage } from '../../../protocol/webhooks/webhook.ts'

/** Holds webhooks until they are delivered. */
export interface WebhookQueue {
  /** Returns those that could not be sent after some tries. Never rejects for a part of them. */
  send(messages: readonly WebhookMessage[]): Promise<readonly WebhookMessage[]>
}

/** Has webhooks that were received and not delivered come again. */
export interface WebhookRedelivery {
  /** Never rejects: what could not be postponed comes after the queue's visibility timeout. */
  postpone(messages: readonly { readonly receiptHandle: string; readonly delayMs: number }[]): Promise<void>
}
