import type { WebhookMessage } from '../../../protocol/webhooks/webhook.ts'
import { errorFields } from '../kit/log.ts'
import type { DeliverPorts } from './deliver-webhook.ts'
import { deliverWebhook } from './deliver-webhook.ts'
import type { WebhookQueue, WebhookRedelivery } from './webhook-queue.ts'

/** A message from the queue of webhooks. */
export interface WebhookItem {
  readonly itemId: string
  readonly receiptHandle: string
  readonly message: WebhookMessage
}

export interface DeliverBatchPorts extends DeliverPorts {
  readonly queue: WebhookQueue
  readonly redelivery: WebhookRedelivery
}

interface Attempted {
  readonly item: WebhookItem
  /** The message that takes its place, or `same` if this message comes again after the queue's visibility timeout. */
  readonly next: WebhookMessage | 'same' | undefined
}

/**
 * Makes one attempt for each webhook of a batch, side by side, and sends the messages that carry on the deliveries. A
 * message that waited hidden would count as in flight, of which a queue allows 120,000 for all tenants together.
 * Returns the ids of the messages that come again themselves.
 */
export async function deliverBatch(ports: DeliverBatchPorts, items: readonly WebhookItem[]): Promise<string[]> {
  const attempted = await attemptAll(ports, items)
  const followed = attempted.flatMap(({ item, next }) =>
    next === undefined || next === 'same' ? [] : [{ item, message: next }],
  )
  const unsent = new Set(
    await sendAll(
      ports,
      followed.map(({ message }) => message),
    ),
  )
  const hidden = followed.filter(({ message }) => unsent.has(message))
  const now = ports.clock.now()
  if (hidden.length > 0) {
    await ports.redelivery.postpone(
      hidden.map(({ item: { receiptHandle }, message: { dueAt = now } }) => ({
        receiptHandle,
        delayMs: Math.max(0, dueAt - now),
      })),
    )
  }
  const again = attempted.flatMap(({ item, next }) => (next === 'same' ? [item] : []))
  return [...again, ...hidden.map(({ item }) => item)].map(({ itemId }) => itemId)
}

/** Messages of one webhook take turns, so that the next one finds in the log what became of the one before it. */
function attemptAll(ports: DeliverPorts, items: readonly WebhookItem[]): Promise<Attempted[]> {
  const turns = new Map<string, Promise<unknown>>()
  return Promise.all(
    items.map((item) => {
      const { webhookId } = item.message
      const turn = (turns.get(webhookId) ?? Promise.resolve()).then(() => attemptItem(ports, item))
      turns.set(webhookId, turn)
      return turn
    }),
  )
}

/** Never rejects. */
async function attemptItem(ports: DeliverPorts, item: WebhookItem): Promise<Attempted> {
  const { itemId, message } = item
  try {
    return { item, next: await deliverWebhook(ports, message, itemId) }
  } catch (error) {
    const { jobId, webhookId } = message
    ports.log('error', 'An attempt to deliver a webhook could not be made.', {
      jobId,
      webhookId,
      ...errorFields(error),
    })
    return { item, next: 'same' }
  }
}

async function sendAll(
  { queue, log }: DeliverBatchPorts,
  messages: readonly WebhookMessage[],
): Promise<readonly WebhookMessage[]> {
  if (messages.length === 0) return []
  try {
    return await queue.send(messages)
  } catch (error) {
    log('error', 'Sending webhooks on failed; their messages come again.', errorFields(error))
    return messages
  }
}
