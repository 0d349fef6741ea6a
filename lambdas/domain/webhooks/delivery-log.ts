import type { WebhookDelivery } from '../../../protocol/webhooks/webhook.ts'
import type { JobKey } from '../job/stored-job.ts'

/** A delivery as the log keeps it. */
export interface LoggedDelivery extends WebhookDelivery {
  /** The message in the queue for which the latest attempt was made. It sends the message of the next one. */
  readonly itemId: string
  /** The number of attempts, also of those that could not be logged. */
  readonly attemptsMade: number
}

/** The key of a delivery in the log: a job, one life of it, and a version. */
export interface DeliveryKey extends JobKey {
  readonly createdAt: number
  readonly version: number
}

/** The log of deliveries. Nothing that has expired by our own clock is ever returned. */
export interface DeliveryLog {
  /** Strongly consistent. */
  read(key: DeliveryKey): Promise<LoggedDelivery | undefined>
  /**
   * Stores a delivery if the log is as it was when `before` was read. Returns false if it is not: another message has
   * made an attempt since.
   */
  write(key: DeliveryKey, delivery: LoggedDelivery, before: LoggedDelivery | undefined): Promise<boolean>
}

/** The log as callers read it. */
export interface DeliveryPages {
  /** The deliveries of a job, the latest first, up to a hundred. */
  list(key: JobKey): Promise<readonly WebhookDelivery[]>
}

/** The log as a delete of a job changes it. */
export interface DeliveryErasure {
  /**
   * Erases up to a hundred deliveries of a job, of the life that began at `createdAt` and of those before. A delivery
   * that still goes on is kept: its next attempt would write it again.
   */
  erase(life: JobKey & Pick<DeliveryKey, 'createdAt'>): Promise<void>
}
