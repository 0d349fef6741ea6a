import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { parseWebhookMessage } from '../../../protocol/webhooks/parse-webhook.ts'
import type { DeliverPorts } from '../../domain/webhooks/deliver-webhook.ts'
import { deliverWebhook } from '../../domain/webhooks/deliver-webhook.ts'
import { errorFields } from '../../domain/kit/log.ts'
import type { WebhookRedelivery } from '../../domain/webhooks/webhook-queue.ts'

export interface WebhooksPorts extends DeliverPorts {
  readonly redelivery: WebhookRedelivery
}

/** Delivers the webhooks of a batch, side by side. Those that failed come again when their next attempt is due. */
export function createWebhooksHandler(ports: WebhooksPorts): (event: SQSEvent) => Promise<SQSBatchResponse> {
  return async ({ Records: records }) => {
    const turns = new Map<string, Promise<unknown>>()
    const waits = await Promise.all(records.map((record) => deliver(ports, turns, record)))
    const again = records.flatMap(({ messageId, receiptHandle }, index) => {
      const delayMs = waits[index]
      return delayMs === undefined ? [] : [{ messageId, receiptHandle, delayMs }]
    })
    const postponed = again.flatMap(({ receiptHandle, delayMs }) =>
      delayMs === 'later' ? [] : { receiptHandle, delayMs },
    )
    if (postponed.length > 0) await ports.redelivery.postpone(postponed)
    return { batchItemFailures: again.map(({ messageId }) => ({ itemIdentifier: messageId })) }
  }
}

/**
 * When to try again: in some milliseconds, or `later`, after the queue's visibility timeout. Messages of one webhook
 * take turns, so that the next one finds in the log what became of the one before it.
 */
async function deliver(
  ports: WebhooksPorts,
  turns: Map<string, Promise<unknown>>,
  { messageId, body }: SQSRecord,
): Promise<number | 'later' | undefined> {
  const message = parseWebhookMessage(body)
  if (!message.ok) {
    // During a deployment, a message of a newer version may meet a function of the older one.
    ports.log('error', 'A message in the queue is no webhook.', { messageId, reason: message.error.message })
    return 'later'
  }
  const { jobId, webhookId } = message.value
  const before = turns.get(webhookId) ?? Promise.resolve()
  const delivery = before.then(() => deliverWebhook(ports, message.value, messageId))
  turns.set(
    webhookId,
    delivery.catch(() => undefined),
  )
  try {
    return await delivery
  } catch (error) {
    ports.log('error', 'A webhook could not be tried.', { jobId, webhookId, ...errorFields(error) })
    return 'later'
  }
}
