import type { WebhookDelivery } from '../../../protocol/webhooks/webhook.ts'
import type { JobKey } from '../job/stored-job.ts'

/** A delivery as the log keeps it. */
export interface LoggedDelivery extends WebhookDelivery {
  /** The one message in the queue that carries on this delivery. Any other message of the same delivery is ignored. */
  readonly itemId: string
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
  write(key: DeliveryKey, delivery: LoggedDelivery): Promise<void>
}

/** The log as callers read it. */
export interface DeliveryPages {
  /** The deliveries of a job, the latest first, up to a hundred. */
  list(key: JobKey): Promise<readonly WebhookDelivery[]>
}
