import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import type { StoredJob } from '../job/stored-job.ts'

/** One message of a batch. */
export interface BatchItem {
  /** The name that the queue has for the message. */
  readonly itemId: string
  readonly message: QueueMessage
  /** The queue needs it to give the message out again at another time. */
  readonly receiptHandle: string
  /** The queue has given the message out so often, this time included. */
  readonly receives: number
}

/** A job with its record and all its messages in the batch: a resubmit sends the message again. */
export interface JobInBatch {
  readonly message: QueueMessage
  readonly items: readonly BatchItem[]
  readonly stored: StoredJob
}
