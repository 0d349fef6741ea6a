import type { SQSClient } from '@aws-sdk/client-sqs'
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import { MAX_QUEUE_DELAY_MS } from '../../protocol/limits.ts'
import type { Priority } from '../../protocol/priority.ts'
import type { QueueMessage } from '../../protocol/queue-message.ts'
import { utf8Length } from '../../protocol/utf8.ts'
import { backoffMs, pause } from '../domain/backoff.ts'
import { inParallel } from '../domain/in-parallel.ts'
import type { Log } from '../domain/log.ts'
import { errorFields } from '../domain/log.ts'
import type { Clock, JobQueue } from '../domain/ports.ts'
import { messageGroupOf } from './message-group.ts'

/** `{"<queue>": {"critical": "<url>", …}}` */
export type QueueUrls = Readonly<Record<string, Readonly<Record<Priority, string>>>>

export interface JobQueues {
  readonly client: SQSClient
  readonly urls: QueueUrls
  readonly clock: Clock
  readonly log: Log
}

const MESSAGES_PER_CALL = 10
/** AWS takes 1 MiB a call and bills each 64 KB of it, so that larger calls are no cheaper; emulators end here. */
const BYTES_PER_CALL = 256 * 1024
const CALLS_AT_ONCE = 8
const TRIES = 4
const RETRY = { baseMs: 100, capMs: 1_000 }

interface Batch {
  readonly url: string
  readonly entries: Entry[]
  bytes: number
}

interface Entry {
  readonly message: QueueMessage
  readonly body: string
  readonly dueAt: number | undefined
}

/** The SQS queues, one for each lane and priority. */
export function createJobQueues(queues: JobQueues): JobQueue {
  return {
    async send(messages, due) {
      const batches = fillBatches(queues.urls, messages, due)
      const unsent = await inParallel(batches, CALLS_AT_ONCE, (batch) => sendBatch(queues, batch))
      return unsent.flat().map(({ message }) => message)
    },
  }
}

function fillBatches(
  urls: QueueUrls,
  messages: readonly QueueMessage[],
  due: ReadonlyMap<QueueMessage, number>,
): Batch[] {
  const batches: Batch[] = []
  const open = new Map<string, Batch>()
  for (const message of messages) {
    const url = urls[message.queue]?.[message.priority]
    if (url === undefined) throw new Error(`No queue "${message.queue}" of priority ${message.priority} is deployed.`)
    const body = encodeBody(message)
    const bytes = utf8Length(body)
    let batch = open.get(url)
    if (!batch || batch.entries.length === MESSAGES_PER_CALL || batch.bytes + bytes > BYTES_PER_CALL) {
      batch = { url, entries: [], bytes: 0 }
      open.set(url, batch)
      batches.push(batch)
    }
    batch.entries.push({ message, body, dueAt: due.get(message) })
    batch.bytes += bytes
  }
  return batches
}

/** As JSON in which every character is one that SQS takes: it refuses U+FFFE and U+FFFF, and neighbours with them. */
export function encodeBody(message: QueueMessage): string {
  return JSON.stringify(message).replace(/[\uFFFE\uFFFF]/g, (character) =>
    character === '\uFFFE' ? '\\ufffe' : '\\uffff',
  )
}

/** Sends a batch, again where it failed in part, and returns what could not be sent. */
async function sendBatch({ client, clock, log }: JobQueues, { url, entries }: Batch): Promise<readonly Entry[]> {
  let left: readonly Entry[] = entries
  for (let attempt = 0; left.length > 0 && attempt < TRIES; attempt++) {
    if (attempt > 0) await pause(clock, backoffMs(attempt, RETRY))
    try {
      const { Failed: failed = [] } = await client.send(
        new SendMessageBatchCommand({
          QueueUrl: url,
          Entries: left.map(({ message, body, dueAt }, index) => ({
            Id: String(index),
            MessageBody: body,
            MessageGroupId: messageGroupOf(message),
            ...delayOf(dueAt, clock.now()),
          })),
        }),
      )
      for (const { Id, Code, Message } of failed) {
        log('warn', 'A job message was refused.', { jobId: left[Number(Id)]?.message.id, code: Code, reason: Message })
      }
      const again = new Set(failed.map(({ Id }) => Number(Id)))
      left = left.filter((_, index) => again.has(index))
    } catch (error) {
      log('warn', 'Sending job messages failed.', { messages: left.length, ...errorFields(error) })
    }
  }
  return left
}

/** Rounded up, so that no message comes before it is due. */
function delayOf(dueAt: number | undefined, now: number): { DelaySeconds?: number } {
  if (dueAt === undefined || dueAt <= now) return {}
  return { DelaySeconds: Math.min(Math.ceil((dueAt - now) / 1_000), MAX_QUEUE_DELAY_MS / 1_000) }
}
