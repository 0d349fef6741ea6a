import type { CancelOutcome, JobUpdate } from '../../../protocol/job/job.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import { MAX_QUEUE_DELAY_MS } from '../../../protocol/kit/limits.ts'
import type { Parsed, Refusal } from '../../../protocol/kit/parsed.ts'
import { accept, refuse } from '../../../protocol/kit/parsed.ts'
import type { JobState } from '../job/job-state.ts'
import { applyCancel } from '../job/job-state.ts'
import { errorFields } from '../kit/log.ts'
import { updateForWatchers } from '../job/tell-job.ts'
import type { JobKey, StoredJob } from '../job/stored-job.ts'
import { noSuchJob } from '../job/read-job.ts'
import type { JobWait, LongDelay } from '../queue/long-delay.ts'
import { announce } from '../record/announce.ts'
import type { LiveJob } from '../record/live-job.ts'
import type { ChangeRecorder, RecorderPorts } from '../record/record-changes.ts'
import { createChangeRecorder } from '../record/record-changes.ts'

export interface CancelPorts extends RecorderPorts {
  readonly longDelay: Pick<LongDelay, 'forget'>
}

/**
 * Cancels jobs that have not ended, and tells their watchers. A job that has ended keeps its state. Returns the state
 * that each job has now, in the order of the ids.
 */
export async function cancelJobs(
  ports: CancelPorts,
  namespace: string,
  ids: readonly string[],
): Promise<Parsed<JobUpdate>[]> {
  const keys = [...new Set(ids)].map((id) => ({ namespace, id }))
  const found = new Map((await ports.store.load(keys, 'strong', { withInput: true })).map((job) => [job.id, job]))
  const unfinished = [...found.values()].filter(({ state }) => !isTerminal(state.status))
  const recorder = createChangeRecorder(ports, unfinished.length)
  const waits: JobWait[] = []
  const [cancelled, announced] = await Promise.all([
    Promise.all(
      unfinished.map(async (stored) => [stored.id, await cancelStored(ports, recorder, stored, waits)] as const),
    ),
    announceCancelled(ports, [...found.values()]),
  ])
  if (waits.length > 0) await ports.longDelay.forget(waits)
  const outcomes = new Map([...cancelled, ...announced])
  return ids.map((id) => {
    const stored = found.get(id)
    return outcomes.get(id) ?? (stored === undefined ? noSuchJob(id) : accept(updateForWatchers(stored)))
  })
}

/** Announces cancelled jobs once more: the call that cancelled one may have ended before its push. */
async function announceCancelled(
  ports: RecorderPorts,
  found: readonly StoredJob[],
): Promise<(readonly [id: string, outcome: Parsed<JobUpdate>])[]> {
  const cancelled = found.filter(({ state }) => state.status === 'cancelled')
  const untold = cancelled.length === 0 ? new Set() : await announce(ports, cancelled)
  return cancelled.map((stored) => [
    stored.id,
    untold.has(stored) ? refuseUnknown() : accept(updateForWatchers(stored)),
  ])
}

function refuseUnknown(): Refusal {
  return refuse('UNAVAILABLE', 'It is unknown if the job was cancelled: cancel it again, which is safe.', 'id')
}

/** Cancels one job. Adds to `waits` what it waited for. */
async function cancelStored(
  { clock, log }: RecorderPorts,
  recorder: ChangeRecorder,
  stored: StoredJob,
  waits: JobWait[],
): Promise<Parsed<JobUpdate>> {
  const job: LiveJob = { stored }
  const finishedAt = clock.now()
  let latest = stored.state
  try {
    await recorder.finish(job, (state) => {
      if (!isTerminal(state.status)) latest = state
      return applyCancel(state, { finishedAt })
    }).pushed
  } catch (error) {
    log('error', 'A job could not be cancelled.', { jobId: stored.id, ...errorFields(error) })
    return refuseUnknown()
  } finally {
    if (job.stored.state.status === 'cancelled') waits.push(...longWaitOf(stored, latest, finishedAt))
  }
  // If it has not ended even now, it has expired meanwhile.
  return isTerminal(job.stored.state.status) ? accept(updateForWatchers(job.stored)) : noSuchJob(stored.id)
}

/** Returns the wait of a job whose message no queue holds: it is due later than a queue could have held it back. */
function longWaitOf({ namespace, id, createdAt }: StoredJob, { status, dueAt = 0 }: JobState, now: number): JobWait[] {
  const isLong = status === 'pending' && dueAt > now && dueAt > createdAt + MAX_QUEUE_DELAY_MS
  return isLong ? [{ namespace, id, createdAt, dueAt }] : []
}

/** Cancels one job, as `cancelJobs` does. */
export async function cancelJob(ports: CancelPorts, { namespace, id }: JobKey): Promise<Parsed<JobUpdate>> {
  return (await cancelJobs(ports, namespace, [id]))[0]!
}

/** Makes the outcome of a job for the answer to a `cancel` frame. */
export function toCancelOutcome(id: string, outcome: Parsed<JobUpdate>): CancelOutcome {
  if (!outcome.ok) return { id, error: outcome.error }
  return { id, status: outcome.value.status, version: outcome.value.version }
}
