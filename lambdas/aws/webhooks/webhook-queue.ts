import type { WebhookMessage } from '../../../protocol/webhooks/webhook.ts'
import { chunksOf, inParallel } from '../../domain/kit/in-parallel.ts'
import type { WebhookQueue, WebhookRedelivery } from '../../domain/webhooks/webhook-queue.ts'
import { namespaceGroup } from '../queue/message-group.ts'
import { postponeChunk } from '../queue/redelivery.ts'
import type { OutgoingMessage, SendParts } from '../queue/send-messages.ts'
import { encodeBody, sendMessages } from '../queue/send-messages.ts'

export interface WebhookQueueParts extends SendParts {
  readonly url: string
}

interface OutgoingWebhook extends OutgoingMessage {
  readonly message: WebhookMessage
}

const MESSAGES_PER_CALL = 10
const CALLS_AT_ONCE = 4

/** The queue of webhooks. Namespaces take turns in it: a receiver that hangs does not delay the others for long. */
export function createWebhookQueue(parts: WebhookQueueParts): WebhookQueue {
  return {
    async send(messages) {
      const unsent = await sendMessages(
        parts,
        messages.map((message): OutgoingWebhook => {
          const { namespace, jobId, dueAt } = message
          const group = namespaceGroup(namespace)
          return { message, url: parts.url, body: encodeBody(message), group, jobId, dueAt }
        }),
      )
      return unsent.map(({ message }) => message)
    },
  }
}

/** Puts webhooks back by their visibility. */
export function createWebhookRedelivery(parts: WebhookQueueParts): WebhookRedelivery {
  return {
    async postpone(messages) {
      await inParallel(chunksOf(messages, MESSAGES_PER_CALL), CALLS_AT_ONCE, (chunk) =>
        postponeChunk(parts, parts.url, chunk),
      )
    },
  }
}
