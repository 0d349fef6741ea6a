import type { WebhookMessage } from '../../../protocol/webhooks/webhook.ts'

/** Holds webhooks until they are delivered. */
export interface WebhookQueue {
  /**
   * Sends messages, each to come at its `dueAt` or after the 15 minutes for which a queue can hold it back. Returns
   * those that could not be sent after some tries. Never rejects for a part of them.
   */
  send(messages: readonly WebhookMessage[]): Promise<readonly WebhookMessage[]>
}

/** Has messages that were received come again themselves, if no new message could take their place. */
export interface WebhookRedelivery {
  /** Never rejects: what could not be postponed comes after the queue's visibility timeout. */
  postpone(messages: readonly { readonly receiptHandle: string; readonly delayMs: number }[]): Promise<void>
}
