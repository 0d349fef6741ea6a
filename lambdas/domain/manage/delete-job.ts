import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { accept, refuse } from '../../../protocol/kit/parsed.ts'
import type { JobKey } from '../job/stored-job.ts'
import type { JobStore } from '../job/job-store.ts'
import { noSuchJob } from '../job/read-job.ts'
import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'
import type { DeliveryErasure } from '../webhooks/delivery-log.ts'

export interface DeletePorts {
  readonly store: JobStore
  readonly deliveries: DeliveryErasure
  readonly log: Log
}

/**
 * Deletes the record of a job that has ended, so that its id is free again, and erases what else is kept of it. Only
 * the record counts for the outcome: anything that could not be erased now expires.
 */
export async function deleteJob({ store, deliveries, log }: DeletePorts, key: JobKey): Promise<Parsed<void>> {
  const result = await store.remove(key)
  if (result.kind !== 'removed') {
    if (result.kind === 'unknown') return noSuchJob(key.id)
    return refuse('JOB_NOT_FINISHED', `The job "${key.id}" has not ended: cancel it first, then delete it.`, 'id')
  }
  const { createdAt } = result.job.record
  try {
    await deliveries.erase({ ...key, createdAt })
  } catch (error) {
    log('warn', 'The deliveries of a deleted job stay until they expire.', { jobId: key.id, ...errorFields(error) })
  }
  return accept(undefined)
}
