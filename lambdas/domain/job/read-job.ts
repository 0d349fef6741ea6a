import type { JobRecord } from '../../../protocol/job/job.ts'
import type { Parsed, Refusal } from '../../../protocol/kit/parsed.ts'
import { accept, refuse } from '../../../protocol/kit/parsed.ts'
import type { JobKey } from './stored-job.ts'
import type { JobStore } from './job-store.ts'

/** Reads one job of the caller's own namespace, whole. */
export async function readJob({ store }: { readonly store: JobStore }, key: JobKey): Promise<Parsed<JobRecord>> {
  const record = await store.read(key)
  return record === undefined ? noSuchJob(key.id) : accept(record)
}

export function noSuchJob(id: string): Refusal {
  return refuse('JOB_NOT_FOUND', `There is no job "${id}", or it has expired. Check the id, or submit it again.`, 'id')
}
