import { MAX_QUEUE_DELAY_MS } from '../../protocol/limits.ts'
import type { QueueMessage } from '../../protocol/queue-message.ts'
import type { Clock, JobQueue, LongDelay } from './ports.ts'

/** The job queues for messages of any delay: what is due later than a queue can hold it back waits elsewhere. */
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
