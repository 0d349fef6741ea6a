import type { QueueMessage } from '../../../protocol/job/queue-message.ts'

/** The job queues. */
export interface JobQueue {
  /**
   * Sends messages and returns those that could not be sent after some tries. Never rejects for a part of them.
   * `due` says of some when they are (epoch ms): none is received much before.
   */
  send(messages: readonly QueueMessage[], due: ReadonlyMap<QueueMessage, number>): Promise<readonly QueueMessage[]>
}
