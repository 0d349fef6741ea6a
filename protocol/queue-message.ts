import type { Json } from './job.ts'
import type { Priority } from './priority.ts'

/**
 * The body of a message in a job queue. It carries all that a worker needs, so that a run needs no read
 * of the record to know what to do.
 */
export interface QueueMessage {
  readonly v: 1
  readonly id: string
  readonly namespace: string
  readonly task: string
  readonly input: Json
  readonly queue: string
  readonly priority: Priority
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly expiresAt: number
}
