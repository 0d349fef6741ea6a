import type { Clock } from '../../../protocol/kit/clock.ts'
import type { LostRun, QueueMessage } from '../../../protocol/job/queue-message.ts'
import type { JobQueue } from '../queue/job-queue.ts'
import type { Redelivery } from '../queue/redelivery.ts'
import { originOf } from './judge-message.ts'
import type { BatchItem } from './job-in-batch.ts'
import type { HeldMessages } from './message-hold.ts'

/** Messages that are put back within this time share one call. */
const WINDOW_MS = 25

export interface PutBackPorts {
  /** The queues that the messages are from, for any delay. */
  readonly queue: JobQueue
  readonly redelivery: Redelivery
  readonly clock: Clock
}

/** The messages of one batch that are to come again. */
export interface PutBack {
  /**
   * Has messages come again at `dueAt` (epoch ms). A message that waits for long would count as in flight, of which a
   * queue allows 120,000 for all tenants together. So a new message with a delay takes its place. A message that cannot
   * be sent is hidden instead. `lost` is what a suspect's new message must know.
   */
  later(items: readonly BatchItem[], dueAt: number, lost?: LostRun): void
  /** Has the same messages come again at `dueAt` (epoch ms). For short waits only: they count as in flight. */
  retry(items: readonly BatchItem[], dueAt: number): void
  /** Tells the queue, then resolves with the ids of all messages that come again themselves. */
  done(): Promise<string[]>
}

interface Postponed {
  readonly item: BatchItem
  readonly dueAt: number
  readonly copy?: QueueMessage
}

/**
 * Collects the messages that must come again and tells the queue in few calls. It does not wait for the slowest job of
 * the batch: the queue may give a message out again while other jobs of its batch still run.
 */
export function createPutBack({ queue, redelivery, clock }: PutBackPorts, held: HeldMessages): PutBack {
  const ids = new Set<string>()
  const calls: Promise<void>[] = []
  let collected: Postponed[] = []
  let cancelWindow: (() => void) | undefined

  function add(postponed: readonly Postponed[]): void {
    collected.push(...postponed)
    cancelWindow ??= clock.after(WINDOW_MS, flush)
  }

  function flush(): void {
    cancelWindow?.()
    cancelWindow = undefined
    const all = collected
    collected = []
    if (all.length > 0) calls.push(putBackAll(all))
  }

  async function putBackAll(all: readonly Postponed[]): Promise<void> {
    const unsent = new Set(await sendCopies(queue, all))
    const hidden = all.filter(({ copy }) => copy === undefined || unsent.has(copy))
    // A new message is on its way: the old one is deleted, once the batch is over.
    for (const each of all) if (!hidden.includes(each)) ids.delete(each.item.itemId)
    if (hidden.length === 0) return
    held.drop(hidden.map(({ item }) => item))
    await redelivery.postpone(
      hidden.map(({ item: { message, receiptHandle }, dueAt }) => ({
        queue: message.queue,
        priority: message.priority,
        receiptHandle,
        delayMs: Math.max(0, dueAt - clock.now()),
      })),
    )
  }

  return {
    later(items, dueAt, lost) {
      for (const { itemId } of items) ids.add(itemId)
      add(items.map((item) => ({ item, dueAt, copy: copyOf(item, lost) })))
    },
    retry(items, dueAt) {
      for (const { itemId } of items) ids.add(itemId)
      add(items.map((item) => ({ item, dueAt })))
    },
    async done() {
      flush()
      await Promise.all(calls)
      return [...ids]
    },
  }
}

/** The same message for the same job, which says whose place it takes. */
function copyOf(item: BatchItem, lost: LostRun | undefined): QueueMessage {
  const { lost: _before, ...message } = item.message
  return { ...message, origin: originOf(item), ...(lost === undefined ? {} : { lost }) }
}

async function sendCopies(queue: JobQueue, all: readonly Postponed[]): Promise<readonly QueueMessage[]> {
  const due = new Map(all.flatMap(({ copy, dueAt }) => (copy === undefined ? [] : [[copy, dueAt] as const])))
  if (due.size === 0) return []
  const copies = [...due.keys()]
  return queue.send(copies, due).catch(() => copies)
}
