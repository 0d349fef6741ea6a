import type { QueueMessage } from '../../../protocol/job/queue-message.ts'

/** The job queues. */
export interface JobQueue {
  /**
   * Sends messages and returns those that could not be sent after some tries. Never rejects for a part of them. `due`
   * has the times at which some of them are due (epoch ms): no message is received much before its time.
   */
  send(messages: readonly QueueMessage[], due: ReadonlyMap<QueueMessage, number>): Promise<readonly QueueMessage[]>
}
