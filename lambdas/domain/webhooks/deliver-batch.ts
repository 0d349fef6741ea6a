import type { WebhookMessage } from '../../../protocol/webhooks/webhook.ts'
import { errorFields } from '../kit/log.ts'
import type { DeliverPorts } from './deliver-webhook.ts'
import { deliverWebhook } from './deliver-webhook.ts'

/** A message from the queue of webhooks. */
export interface WebhookItem {
  readonly itemId: string
  readonly message: WebhookMessage
}

/** Milliseconds until the next attempt, or `later`: after the queue's visibility timeout. */
export type NextAttempt = number | 'later'

/**
 * Makes one attempt for each webhook of a batch, side by side. Returns when each is tried again, in their order;
 * undefined for those that are not. Messages of one webhook take turns, so that the next one finds in the log what
 * became of the one before it.
 */
export function deliverBatch(ports: DeliverPorts, items: readonly WebhookItem[]): Promise<(NextAttempt | undefined)[]> {
  const turns = new Map<string, Promise<unknown>>()
  return Promise.all(
    items.map((item) => {
      const { webhookId } = item.message
      const turn = (turns.get(webhookId) ?? Promise.resolve()).then(() => deliverItem(ports, item))
      turns.set(webhookId, turn)
      return turn
    }),
  )
}

/** Never rejects. */
async function deliverItem(ports: DeliverPorts, { itemId, message }: WebhookItem): Promise<NextAttempt | undefined> {
  try {
    return await deliverWebhook(ports, message, itemId)
  } catch (error) {
    const { jobId, webhookId } = message
    ports.log('error', 'An attempt to deliver a webhook could not be made.', {
      jobId,
      webhookId,
      ...errorFields(error),
    })
    return 'later'
  }
}
