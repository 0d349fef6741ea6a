import type { SQSEvent } from 'aws-lambda'
import { parseQueueMessage } from '../../protocol/parse.ts'
import type { Log } from '../domain/log.ts'
import type { BatchItem } from '../domain/look-up-batch.ts'

export interface ReadMessages {
  readonly items: readonly BatchItem[]
  /** The ids of messages that are none of ours, or broken. They are in the log. */
  readonly malformed: readonly string[]
}

const LOGGED_BODY = 1_000

export function readMessages(event: SQSEvent, log: Log): ReadMessages {
  const items: BatchItem[] = []
  const malformed: string[] = []
  for (const { messageId, body } of event.Records) {
    const parsed = parseQueueMessage(body)
    if (parsed.ok) {
      items.push({ itemId: messageId, message: parsed.value })
    } else {
      malformed.push(messageId)
      log('error', 'A message in a queue is not a job.', {
        messageId,
        reason: parsed.error.message,
        body: body.slice(0, LOGGED_BODY),
      })
    }
  }
  return { items, malformed }
}
