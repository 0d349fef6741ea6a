import type { SQSClient } from '@aws-sdk/client-sqs'
import { ChangeMessageVisibilityBatchCommand } from '@aws-sdk/client-sqs'
import { backoffMs, pause } from '../../domain/kit/backoff.ts'
import { chunksOf, inParallel } from '../../domain/kit/in-parallel.ts'
import type { Log } from '../../domain/kit/log.ts'
import { errorFields } from '../../domain/kit/log.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { PostponedMessage, Redelivery } from '../../domain/queue/redelivery.ts'
import type { QueueUrls } from './job-queues.ts'

export interface RedeliveryParts {
  readonly client: SQSClient
  readonly urls: QueueUrls
  readonly clock: Clock
  readonly log: Log
}

const MESSAGES_PER_CALL = 10
const CALLS_AT_ONCE = 4
const TRIES = 3
const RETRY = { baseMs: 100, capMs: 1_000 }
/** SQS hides a message for 12 hours at most, counted from its receive: the function's longest run is subtracted. */
const MAX_HIDDEN_SECONDS = 12 * 3_600 - 15 * 60

/** Puts messages back by their visibility timeout: each keeps its place, its age and its count of receives. */
export function createRedelivery(parts: RedeliveryParts): Redelivery {
  return {
    async postpone(messages) {
      const calls = [...groupByUrl(parts, messages)].flatMap(([url, group]) =>
        chunksOf(group, MESSAGES_PER_CALL).map((chunk) => ({ url, chunk })),
      )
      await inParallel(calls, CALLS_AT_ONCE, ({ url, chunk }) => postponeChunk(parts, url, chunk))
    },
  }
}

function groupByUrl(
  { urls, log }: RedeliveryParts,
  messages: readonly PostponedMessage[],
): Map<string, PostponedMessage[]> {
  const groups = new Map<string, PostponedMessage[]>()
  for (const message of messages) {
    const url = urls[message.queue]?.[message.priority]
    if (url === undefined) {
      log('error', 'A message came from a queue that this function does not serve.', { queue: message.queue })
      continue
    }
    const group = groups.get(url)
    if (group === undefined) groups.set(url, [message])
    else group.push(message)
  }
  return groups
}

/** Takes at most ten messages of one queue. Never rejects. */
export async function postponeChunk(
  { client, clock, log }: Omit<RedeliveryParts, 'urls'>,
  url: string,
  messages: readonly Pick<PostponedMessage, 'receiptHandle' | 'delayMs'>[],
): Promise<void> {
  let left = messages
  for (let attempt = 0; left.length > 0 && attempt < TRIES; attempt++) {
    if (attempt > 0) await pause(clock, backoffMs(attempt, RETRY))
    try {
      const { Failed: failed = [] } = await client.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: url,
          Entries: left.map(({ receiptHandle, delayMs }, index) => ({
            Id: String(index),
            ReceiptHandle: receiptHandle,
            VisibilityTimeout: Math.min(Math.ceil(delayMs / 1_000), MAX_HIDDEN_SECONDS),
          })),
        }),
      )
      // SenderFault means that the queue no longer has the message: it was deleted, or is a dead letter by now.
      const again = new Set(failed.filter(({ SenderFault }) => SenderFault !== true).map(({ Id }) => Number(Id)))
      left = left.filter((_, index) => again.has(index))
    } catch (error) {
      log('warn', 'Postponing messages failed.', { messages: left.length, ...errorFields(error) })
    }
  }
  if (left.length > 0) {
    log('warn', 'Messages could not be postponed: they come after the visibility timeout.', { messages: left.length })
  }
}
