import type { QueueMessage } from '../../../protocol/job/queue-message.ts'

/** The scheduler is up to a minute late. So it sends a minute ahead, and the worker puts early messages back. */
export const SEND_AHEAD_MS = 60_000

/** A message with the time at which it is due, in epoch milliseconds. */
export interface LaterMessage {
  readonly message: QueueMessage
  readonly dueAt: number
}

/** One wait of a job for the time at which its message is due. */
export interface JobWait extends Pick<QueueMessage, 'namespace' | 'id' | 'createdAt'> {
  readonly dueAt: number
}

/** Sends messages that are due later than `MAX_QUEUE_DELAY_MS`, for which a queue can hold them back. */
export interface LongDelay {
  /**
   * Has each message sent when it is due, or up to a minute before. The same job for the same time again changes
   * nothing. Returns the messages for which this failed, and never rejects for a part of them.
   */
  sendLater(messages: readonly LaterMessage[]): Promise<readonly QueueMessage[]>
  /**
   * Sends no message for these waits, because their jobs were cancelled. Tries for a few seconds, and never rejects: a
   * message that is sent all the same finds that its job has ended.
   */
  forget(waits: readonly JobWait[]): Promise<void>
}
