import type { BatchItem } from './look-up-batch.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { PostponedMessage, Redelivery } from '../queue/redelivery.ts'

/** Messages that are put back within this time share one call. */
const WINDOW_MS = 25

/** The messages of one batch that are to come again. */
export interface PutBack {
  /** Has messages come again at `dueAt` (epoch ms), or without it after the queue's visibility timeout. */
  add(items: readonly BatchItem[], dueAt?: number): void
  /** Tells the queue, then resolves with the ids of all messages that were put back. */
  done(): Promise<string[]>
}

/**
 * Collects the messages that must come again and tells the queue in few calls. It does not wait for the slowest job of
 * the batch: the queue may give a message out again while other jobs of its batch still run.
 */
export function createPutBack({ redelivery, clock }: { redelivery: Redelivery; clock: Clock }): PutBack {
  const ids: string[] = []
  const calls: Promise<void>[] = []
  let collected: { item: BatchItem; dueAt: number }[] = []
  let cancelWindow: (() => void) | undefined

  function flush(): void {
    cancelWindow?.()
    cancelWindow = undefined
    const messages = collected.map(({ item, dueAt }): PostponedMessage => {
      const { queue, priority } = item.message
      return { queue, priority, receiptHandle: item.receiptHandle, delayMs: Math.max(0, dueAt - clock.now()) }
    })
    collected = []
    if (messages.length > 0) calls.push(redelivery.postpone(messages))
  }

  return {
    add(items, dueAt) {
      ids.push(...items.map(({ itemId }) => itemId))
      if (dueAt === undefined) return
      collected.push(...items.map((item) => ({ item, dueAt })))
      cancelWindow ??= clock.after(WINDOW_MS, flush)
    },
    async done() {
      flush()
      await Promise.all(calls)
      return ids
    },
  }
}
