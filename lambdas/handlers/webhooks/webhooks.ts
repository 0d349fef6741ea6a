import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { parseWebhookMessage } from '../../../protocol/webhooks/parse-webhook.ts'
import type { WebhookItem } from '../../domain/webhooks/deliver-batch.ts'
import { deliverBatch } from '../../domain/webhooks/deliver-batch.ts'
import type { DeliverPorts } from '../../domain/webhooks/deliver-webhook.ts'
import type { WebhookRedelivery } from '../../domain/webhooks/webhook-queue.ts'
import type { Log } from '../../domain/kit/log.ts'

export interface WebhooksPorts extends DeliverPorts {
  readonly redelivery: WebhookRedelivery
}

interface ReceivedWebhook extends WebhookItem {
  readonly receiptHandle: string
}

/** Delivers the webhooks of a batch. A failed one comes again when its next attempt is due. */
export function createWebhooksHandler(ports: WebhooksPorts): (event: SQSEvent) => Promise<SQSBatchResponse> {
  return async (event) => {
    const received = readWebhookMessages(event, ports.log)
    const nextAttempts = await deliverBatch(ports, received)
    const postponed = received.flatMap(({ receiptHandle }, index) => {
      const delayMs = nextAttempts[index]
      return typeof delayMs === 'number' ? [{ receiptHandle, delayMs }] : []
    })
    if (postponed.length > 0) await ports.redelivery.postpone(postponed)
    const done = new Set(received.filter((_, index) => nextAttempts[index] === undefined).map(({ itemId }) => itemId))
    const again = event.Records.filter(({ messageId }) => !done.has(messageId))
    return { batchItemFailures: again.map(({ messageId }) => ({ itemIdentifier: messageId })) }
  }
}

/** Leaves out invalid messages, which come again: during a deployment, a newer version's may meet an older function. */
function readWebhookMessages({ Records: records }: SQSEvent, log: Log): ReceivedWebhook[] {
  return records.flatMap(({ messageId, receiptHandle, body }) => {
    const parsed = parseWebhookMessage(body)
    if (parsed.ok) return [{ itemId: messageId, message: parsed.value, receiptHandle }]
    log('error', 'A message in the queue of webhooks is invalid.', { messageId, reason: parsed.error.message })
    return []
  })
}
