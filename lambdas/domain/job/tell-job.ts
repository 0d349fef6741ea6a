import type { JobRecord, JobUpdate, Json } from '../../../protocol/job/job.ts'
import { MAX_TOLD_INPUT_BYTES } from '../../../protocol/kit/limits.ts'
import { exceedsUtf8 } from '../../../protocol/kit/utf8.ts'
import type { JobState } from './job-state.ts'
import type { StoredJob } from './stored-job.ts'

/**
 * Makes the update that watchers get: the part that changes. If the job has failed or was cancelled, they get all of it,
 * so that nobody needs another request to see what the job was given.
 */
export function updateForWatchers({
  namespace,
  id,
  state,
  createdAt,
  expiresAt,
  facts,
}: StoredJob): JobUpdate | JobRecord {
  const update = toUpdate(id, state)
  if (state.status !== 'failed' && state.status !== 'cancelled') return update
  const { inputJson, ...told } = facts
  return { ...update, namespace, ...told, ...inputForWatchers(inputJson), createdAt, expiresAt }
}

function inputForWatchers(json: string | undefined): Pick<JobRecord, 'input' | 'inputOmitted'> {
  if (json === undefined || exceedsUtf8(json, MAX_TOLD_INPUT_BYTES)) return { input: null, inputOmitted: true }
  return { input: JSON.parse(json) as Json }
}

/** The part of a job that changes, without what is ours alone. */
export function toUpdate(
  id: string,
  { lostRuns: _lostRuns, run: _run, rescueAt: _rescueAt, outputRef, ...state }: JobState,
): JobUpdate {
  return outputRef === undefined ? { id, ...state } : { id, ...state, outputOmitted: true }
}
