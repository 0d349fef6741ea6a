import type { QueueMessage } from '../../../protocol/job/queue-message.ts'

/** A message with the time at which it is due, in epoch milliseconds. */
export interface LaterMessage {
  readonly message: QueueMessage
  readonly dueAt: number
}

/** Sends messages that are due later than `MAX_QUEUE_DELAY_MS`, for which a queue can hold them back. */
export interface LongDelay {
  /**
   * Has each message sent when it is due, or up to a minute before. The same job for the same time again changes
   * nothing. Returns the messages for which this failed, and never rejects for a part of them.
   */
  sendLater(messages: readonly LaterMessage[]): Promise<readonly QueueMessage[]>
}
