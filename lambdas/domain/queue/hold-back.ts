import { MAX_QUEUE_DELAY_MS } from '../../../protocol/kit/limits.ts'
import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { JobQueue } from './job-queue.ts'
import type { LongDelay } from './long-delay.ts'

/** Sends messages of any delay. A message that is due later than a queue can hold it back goes to `longDelay`. */
export function holdingBack(queue: JobQueue, longDelay: LongDelay, clock: Clock): JobQueue {
  return {
    async send(messages, due) {
      const horizon = clock.now() + MAX_QUEUE_DELAY_MS
      const isFar = (message: QueueMessage): boolean => (due.get(message) ?? 0) > horizon
      const far = messages.filter(isFar)
      if (far.length === 0) return queue.send(messages, due)
      const near = messages.filter((message) => !isFar(message))
      const unsent = await Promise.all([
        near.length === 0 ? [] : queue.send(near, due),
        longDelay.sendLater(far.map((message) => ({ message, dueAt: due.get(message)! }))),
      ])
      return unsent.flat()
    },
  }
}
