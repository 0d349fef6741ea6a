import type { Clock } from '../../../protocol/kit/clock.ts'
import type { JobInBatch } from '../batch/job-in-batch.ts'
import type { PutBack } from '../batch/put-back.ts'
import type { JobToRun } from '../batch/triage.ts'
import { awaitRescue } from '../job/job-state.ts'
import type { JobStore } from '../job/job-store.ts'
import { inParallel } from '../kit/in-parallel.ts'
import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'

/** The cheap read of another worker may be behind by so much, and clocks differ. */
const MARGIN_MS = 5_000
const WRITES_AT_ONCE = 8

/**
 * Decides about messages of resubmits, of jobs that no run is known of. The job's own message may still be on its way,
 * or a worker may have begun a run for it that is not on record yet. So the first look only marks the record: from then
 * on the job's own message must claim its run as well. When every run must be over that was begun without seeing the
 * mark, the resubmit's message may claim the job. Returns the jobs for which that time has come.
 */
export async function rescueJobs(
  ports: { readonly store: JobStore; readonly clock: Clock; readonly log: Log },
  putBack: PutBack,
  jobs: readonly JobInBatch[],
  longestRunMs: number,
): Promise<JobToRun[]> {
  const waitMs = longestRunMs + MARGIN_MS
  const now = ports.clock.now()
  const isDue = ({ stored: { state } }: JobInBatch): boolean => (state.rescueAt ?? Infinity) + waitMs <= now
  await inParallel(
    jobs.filter((job) => !isDue(job)),
    WRITES_AT_ONCE,
    async (job) => {
      const markedAt = job.stored.state.rescueAt ?? (await mark(ports, job, now))
      putBack.later(job.items, (markedAt ?? now) + waitMs)
    },
  )
  return jobs.filter(isDue).map((job) => ({ ...job, claims: true, lostRuns: 0, unexplained: 0, alone: false }))
}

/** Nobody is told: what changes is ours alone. A mark that cannot be stored is tried again at the next look. */
async function mark(
  { store, log }: { readonly store: JobStore; readonly log: Log },
  { stored, message }: JobInBatch,
  now: number,
): Promise<number | undefined> {
  const transition = awaitRescue(stored.state, now)
  if (!transition.ok) return undefined
  try {
    await store.write({ job: stored, state: transition.state })
  } catch (error) {
    log('warn', 'A resubmitted job could not be marked.', { jobId: message.id, ...errorFields(error) })
  }
  return now
}
