import type { QueueMessage } from '../../../protocol/job/queue-message.ts'

/** A message that was received, is not acknowledged, and should come again. */
export interface PostponedMessage extends Pick<QueueMessage, 'queue' | 'priority'> {
  readonly receiptHandle: string
  readonly delayMs: number
}

/** Sets the times at which messages that are not acknowledged come again. */
export interface Redelivery {
  /**
   * Has each message come again after its delay, instead of after the queue's visibility timeout. The delay ends at most
   * 12 hours after the receive. Never rejects: a message that could not be postponed comes after that timeout.
   */
  postpone(messages: readonly PostponedMessage[]): Promise<void>
}
