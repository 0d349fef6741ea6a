import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { accept, refuse } from '../../../protocol/kit/parsed.ts'
import type { JobKey } from '../job/stored-job.ts'
import type { JobStore } from '../job/job-store.ts'
import { noSuchJob } from '../job/read-job.ts'

/** Deletes the record of a job that has ended, so that its id is free again. */
export async function deleteJob({ store }: { readonly store: JobStore }, key: JobKey): Promise<Parsed<void>> {
  const { kind } = await store.remove(key)
  if (kind === 'removed') return accept(undefined)
  if (kind === 'unknown') return noSuchJob(key.id)
  return refuse('JOB_NOT_FINISHED', `The job "${key.id}" has not ended: cancel it first, then delete it.`, 'id')
}
