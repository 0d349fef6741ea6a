import type { SQSClient } from '@aws-sdk/client-sqs'
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import { MAX_QUEUE_DELAY_MS } from '../../../protocol/kit/limits.ts'
import { utf8Length } from '../../../protocol/kit/utf8.ts'
import { backoffMs, pause } from '../../domain/kit/backoff.ts'
import { inParallel } from '../../domain/kit/in-parallel.ts'
import type { Log } from '../../domain/kit/log.ts'
import { errorFields } from '../../domain/kit/log.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'

export interface SendParts {
  readonly client: SQSClient
  readonly clock: Clock
  readonly log: Log
}

/** A message on its way into a queue. */
export interface OutgoingMessage {
  readonly url: string
  readonly body: string
  readonly group: string
  /** The job of the message, for the log. */
  readonly jobId: string
  /** The time when it is due (epoch ms), if not at once. */
  readonly dueAt?: number | undefined
}

const MESSAGES_PER_CALL = 10
/** AWS takes 1 MiB a call and bills each 64 KB of it, so that larger calls are no cheaper; emulators take no more. */
const BYTES_PER_CALL = 256 * 1024
const CALLS_AT_ONCE = 8
const TRIES = 4
const RETRY = { baseMs: 100, capMs: 1_000 }

interface Batch<Message> {
  readonly url: string
  readonly entries: Message[]
  bytes: number
}

/** Sends messages, ten a call, tries those that failed again, and returns those that could not be sent. */
export async function sendMessages<Message extends OutgoingMessage>(
  parts: SendParts,
  messages: readonly Message[],
): Promise<readonly Message[]> {
  const unsent = await inParallel(fillBatches(messages), CALLS_AT_ONCE, (batch) => sendBatch(parts, batch))
  return unsent.flat()
}

function fillBatches<Message extends OutgoingMessage>(messages: readonly Message[]): Batch<Message>[] {
  const batches: Batch<Message>[] = []
  const open = new Map<string, Batch<Message>>()
  for (const message of messages) {
    const { url, body } = message
    const bytes = utf8Length(body)
    let batch = open.get(url)
    if (!batch || batch.entries.length === MESSAGES_PER_CALL || batch.bytes + bytes > BYTES_PER_CALL) {
      batch = { url, entries: [], bytes: 0 }
      open.set(url, batch)
      batches.push(batch)
    }
    batch.entries.push(message)
    batch.bytes += bytes
  }
  return batches
}

/** Writes JSON of characters that SQS takes. It refuses U+FFFE and U+FFFF, and the other messages of the call too. */
export function encodeBody(message: object): string {
  return JSON.stringify(message).replace(/[\uFFFE\uFFFF]/g, (character) =>
    character === '\uFFFE' ? '\\ufffe' : '\\uffff',
  )
}

async function sendBatch<Message extends OutgoingMessage>(
  { client, clock, log }: SendParts,
  { url, entries }: Batch<Message>,
): Promise<readonly Message[]> {
  let left: readonly Message[] = entries
  for (let attempt = 0; left.length > 0 && attempt < TRIES; attempt++) {
    if (attempt > 0) await pause(clock, backoffMs(attempt, RETRY))
    try {
      const { Failed: failed = [] } = await client.send(
        new SendMessageBatchCommand({
          QueueUrl: url,
          Entries: left.map(({ body, group, dueAt }, index) => ({
            Id: String(index),
            MessageBody: body,
            MessageGroupId: group,
            ...delayField(dueAt, clock.now()),
          })),
        }),
      )
      for (const { Id, Code, Message: reason } of failed) {
        log('warn', 'A message was refused by its queue.', { jobId: left[Number(Id)]?.jobId, code: Code, reason })
      }
      const again = new Set(failed.map(({ Id }) => Number(Id)))
      left = left.filter((_, index) => again.has(index))
    } catch (error) {
      log('warn', 'Sending messages failed.', { messages: left.length, ...errorFields(error) })
    }
  }
  return left
}

/** Rounded up, so that no message comes before it is due. */
function delayField(dueAt: number | undefined, now: number): { DelaySeconds?: number } {
  if (dueAt === undefined || dueAt <= now) return {}
  return { DelaySeconds: Math.min(Math.ceil((dueAt - now) / 1_000), MAX_QUEUE_DELAY_MS / 1_000) }
}
