import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { accept } from '../../../protocol/kit/parsed.ts'
import type { WebhookDelivery } from '../../../protocol/webhooks/webhook.ts'
import type { JobKey } from '../job/stored-job.ts'
import type { JobStore } from '../job/job-store.ts'
import { noSuchJob } from '../job/read-job.ts'
import type { DeliveryPages } from './delivery-log.ts'

/** Returns the deliveries of the webhooks of a job. The job itself may be gone. */
export async function readDeliveries(
  { deliveries, store }: { readonly deliveries: DeliveryPages; readonly store: JobStore },
  key: JobKey,
): Promise<Parsed<readonly WebhookDelivery[]>> {
  const found = await deliveries.list(key)
  if (found.length > 0) return accept(found)
  const [job] = await store.load([key], 'strong')
  return job === undefined ? noSuchJob(key.id) : accept([])
}
