import type { WireError } from '../../../protocol/kit/errors.ts'
import { refuse } from '../../../protocol/kit/parsed.ts'
import type { JobKey } from '../job/stored-job.ts'
import type { JobStore } from '../job/job-store.ts'
import { noSuchJob } from '../job/read-job.ts'

/** Deletes the record of a job that has ended, so that its id is free again. Returns the refusal, if there is one. */
export async function deleteJob({ store }: { readonly store: JobStore }, key: JobKey): Promise<WireError | undefined> {
  const result = await store.remove(key)
  if (result === 'removed') return undefined
  if (result === 'unknown') return noSuchJob(key.id).error
  return refuse('JOB_NOT_FINISHED', `The job "${key.id}" has not ended: cancel it first, then delete it.`, 'id').error
}
