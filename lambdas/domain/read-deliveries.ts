import type { Parsed } from '../../protocol/parsed.ts'
import { accept } from '../../protocol/parsed.ts'
import type { WebhookDelivery } from '../../protocol/webhook.ts'
import type { JobKey, JobStore } from './ports.ts'
import { noSuchJob } from './read-job.ts'
import type { DeliveryPages } from './webhook-ports.ts'

/** What has become of the webhooks of a job, also of one that is gone meanwhile. */
export async function readDeliveries(
  { deliveries, store }: { readonly deliveries: DeliveryPages; readonly store: JobStore },
  key: JobKey,
): Promise<Parsed<readonly WebhookDelivery[]>> {
  const found = await deliveries.list(key)
  if (found.length > 0) return accept(found)
  const [job] = await store.load([key], 'strong')
  return job === undefined ? noSuchJob(key.id) : accept([])
}
