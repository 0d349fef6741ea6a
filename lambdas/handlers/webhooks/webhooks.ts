import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { parseWebhookMessage } from '../../../protocol/webhooks/parse-webhook.ts'
import type { DeliverBatchPorts, WebhookItem } from '../../domain/webhooks/deliver-batch.ts'
import { deliverBatch } from '../../domain/webhooks/deliver-batch.ts'
import type { Log } from '../../domain/kit/log.ts'

/** Delivers the webhooks of a batch. */
export function createWebhooksHandler(ports: DeliverBatchPorts): (event: SQSEvent) => Promise<SQSBatchResponse> {
  return async (event) => {
    const items = readWebhookMessages(event, ports.log)
    const valid = new Set(items.map(({ itemId }) => itemId))
    const invalid = event.Records.map(({ messageId }) => messageId).filter((itemId) => !valid.has(itemId))
    const again = [...(await deliverBatch(ports, items)), ...invalid]
    return { batchItemFailures: again.map((itemIdentifier) => ({ itemIdentifier })) }
  }
}

/** Leaves out invalid messages, which come again: during a deployment, a newer version's may meet an older function. */
function readWebhookMessages({ Records: records }: SQSEvent, log: Log): WebhookItem[] {
  return records.flatMap(({ messageId, receiptHandle, body }) => {
    const parsed = parseWebhookMessage(body)
    if (parsed.ok) return [{ itemId: messageId, message: parsed.value, receiptHandle }]
    log('error', 'A message in the queue of webhooks is invalid.', { messageId, reason: parsed.error.message })
    return []
  })
}
