import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { BatchItem } from '../../domain/batch/job-in-batch.ts'
import type { MessageHold } from '../../domain/batch/message-hold.ts'
import type { Redelivery } from '../../domain/queue/redelivery.ts'
import type { Log } from '../../domain/kit/log.ts'
import { errorFields } from '../../domain/kit/log.ts'
import type { QueueUrls } from '../queue/job-queues.ts'
import type { HeldReceipts, HoldThreadData } from './hold-thread.ts'

/** A message of a dead process comes again after this time: two of three turns of the thread may fail. */
const HOLD_MS = 18_000
const EVERY_MS = 5_000
/** All that the thread needs is a timer and one request. */
const THREAD_MEMORY = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 }

export interface MessageHoldParts {
  readonly redelivery: Redelivery
  readonly urls: QueueUrls
  /** The file of `lambdas/entry/hold-thread.ts`. */
  readonly threadFile: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log: Log
  /** The thread hides the messages again after this time. Other than 5 s for a test. */
  readonly everyMs?: number
}

/** Holds the messages of one batch at a time, as Lambda gives a function one batch at a time. */
export function createMessageHold(parts: MessageHoldParts): MessageHold {
  const { redelivery, urls } = parts
  const active = new Int32Array(new SharedArrayBuffer(4))
  let thread: Worker | undefined

  function tell(items: Iterable<BatchItem>): void {
    const receipts: Record<string, string[]> = {}
    for (const { message, receiptHandle } of items) {
      const url = urls[message.queue]?.[message.priority]
      if (url !== undefined) (receipts[url] ??= []).push(receiptHandle)
    }
    thread ??= startThread(parts, active.buffer, () => {
      thread = undefined
    })
    thread?.postMessage({ receipts } satisfies HeldReceipts)
  }

  return {
    async keep(items) {
      const held = new Set(items)
      Atomics.store(active, 0, 1)
      tell(held)
      await redelivery.postpone(
        items.map(({ message: { queue, priority }, receiptHandle }) => ({
          queue,
          priority,
          receiptHandle,
          delayMs: HOLD_MS,
        })),
      )
      return {
        drop(dropped) {
          for (const item of dropped) held.delete(item)
          tell(held)
        },
        release() {
          Atomics.store(active, 0, 0)
          held.clear()
          tell(held)
        },
      }
    },
  }
}

function startThread(parts: MessageHoldParts, active: SharedArrayBuffer, onEnd: () => void): Worker | undefined {
  const { threadFile, log } = parts
  try {
    // As text: a file of that name would be an ES module wherever the nearest package.json says so.
    const thread = new Worker(readFileSync(threadFile, 'utf8'), {
      eval: true,
      workerData: threadData(parts, active),
      resourceLimits: THREAD_MEMORY,
      execArgv: [],
    })
    // Neither the process nor a frozen environment waits for it.
    thread.unref()
    thread.on('error', (error) => {
      log('error', 'The thread that holds messages has ended.', errorFields(error))
      onEnd()
    })
    return thread
  } catch (error) {
    log('error', 'No thread could be started that holds messages.', errorFields(error))
    return undefined
  }
}

function threadData({ environment, everyMs = EVERY_MS }: MessageHoldParts, active: SharedArrayBuffer): HoldThreadData {
  return {
    active,
    region: environment['AWS_REGION'] ?? 'us-east-1',
    credentials: {
      accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
      sessionToken: environment['AWS_SESSION_TOKEN'],
    },
    endpoint: environment['AWS_ENDPOINT_URL'],
    everyMs,
    seconds: HOLD_MS / 1_000,
  }
}
