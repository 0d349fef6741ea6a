import type { WireError } from '../../protocol/errors.ts'
import { refuse } from '../../protocol/parsed.ts'
import type { JobKey, JobStore } from './ports.ts'
import { noSuchJob } from './read-job.ts'

/** Deletes the record of a job that has ended; its id is free again. Returns why not, where it is not deleted. */
export async function deleteJob({ store }: { readonly store: JobStore }, key: JobKey): Promise<WireError | undefined> {
  const result = await store.remove(key)
  if (result === 'removed') return undefined
  if (result === 'unknown') return noSuchJob(key.id).error
  return refuse('JOB_NOT_FINISHED', `The job "${key.id}" has not ended: cancel it first, then delete it.`, 'id').error
}
