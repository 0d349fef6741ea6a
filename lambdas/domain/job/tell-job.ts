import type { JobRecord, JobUpdate, Json } from '../../../protocol/job/job.ts'
import { MAX_TOLD_INPUT_BYTES } from '../../../protocol/kit/limits.ts'
import { exceedsUtf8 } from '../../../protocol/kit/utf8.ts'
import type { JobState } from './job-state.ts'
import type { StoredJob } from './stored-job.ts'

/**
 * What watchers get: the part that changes. Of a job that has failed or was cancelled, all of it: whoever looks into
 * that wants to know what it was given, and needs no further request.
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
export function toUpdate(id: string, { lostRuns: _ours, outputRef, ...state }: JobState): JobUpdate {
  return outputRef === undefined ? { id, ...state } : { id, ...state, outputOmitted: true }
}
