import type { QueueMessage } from '../../../protocol/job/queue-message.ts'

/** A message that was received, is not acknowledged, and is to come again. */
export interface PostponedMessage extends Pick<QueueMessage, 'queue' | 'priority'> {
  readonly receiptHandle: string
  readonly delayMs: number
}

/** When messages that are not acknowledged come again. */
export interface Redelivery {
  /**
   * Has each come again after its delay, of at most 12 hours since it was received, instead of after the queue's
   * visibility timeout. Never rejects: a message that could not be postponed comes after that timeout.
   */
  postpone(messages: readonly PostponedMessage[]): Promise<void>
}
