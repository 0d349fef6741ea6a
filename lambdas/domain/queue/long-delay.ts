import type { QueueMessage } from '../../../protocol/job/queue-message.ts'

/** A message with the time it is due at, in epoch milliseconds. */
export interface LaterMessage {
  readonly message: QueueMessage
  readonly dueAt: number
}

/** What sends messages that are due later than the 15 minutes for which a queue can hold them back. */
export interface LongDelay {
  /**
   * Has each sent about when it is due, up to a minute before. The same job for the same time again changes nothing.
   * Returns those for which that failed, and never rejects for a part of them.
   */
  sendLater(messages: readonly LaterMessage[]): Promise<readonly QueueMessage[]>
}
