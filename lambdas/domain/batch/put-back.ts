import type { BatchItem } from './look-up-batch.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { PostponedMessage, Redelivery } from '../queue/redelivery.ts'

/** Messages that are put back within this time of each other share one call. */
const WINDOW_MS = 25

/** The messages of one batch that are to come again. */
export interface PutBack {
  /** Has messages come again at a time (epoch ms), or after the queue's visibility timeout where none is given. */
  add(items: readonly BatchItem[], dueAt?: number): void
  /** Resolves with the ids of everything that was put back, once the queue was told. */
  done(): Promise<string[]>
}

/**
 * Collects what must come again and tells the queue, in few calls but without waiting for the slowest job of the
 * batch: a message may be given out anew while its neighbours still run.
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
