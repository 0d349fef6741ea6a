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

/** Delivers the webhooks of a batch. Those that failed come again when their next attempt is due. */
export function createWebhooksHandler(ports: WebhooksPorts): (event: SQSEvent) => Promise<SQSBatchResponse> {
  return async (event) => {
    const { received, unreadable } = readWebhookMessages(event, ports.log)
    const nextAttempts = await deliverBatch(ports, received)
    const postponed = received.flatMap(({ receiptHandle }, index) => {
      const delayMs = nextAttempts[index]
      return typeof delayMs === 'number' ? [{ receiptHandle, delayMs }] : []
    })
    if (postponed.length > 0) await ports.redelivery.postpone(postponed)
    const again = received.filter((_, index) => nextAttempts[index] !== undefined).map(({ itemId }) => itemId)
    return { batchItemFailures: [...unreadable, ...again].map((itemIdentifier) => ({ itemIdentifier })) }
  }
}

/** Unreadable messages are put back: during a deployment, a newer version's message may meet an older function. */
function readWebhookMessages(
  { Records: records }: SQSEvent,
  log: Log,
): { readonly received: readonly ReceivedWebhook[]; readonly unreadable: readonly string[] } {
  const received: ReceivedWebhook[] = []
  const unreadable: string[] = []
  for (const { messageId, receiptHandle, body } of records) {
    const parsed = parseWebhookMessage(body)
    if (parsed.ok) received.push({ itemId: messageId, message: parsed.value, receiptHandle })
    else {
      unreadable.push(messageId)
      log('error', 'A message in the queue of webhooks is invalid.', { messageId, reason: parsed.error.message })
    }
  }
  return { received, unreadable }
}
