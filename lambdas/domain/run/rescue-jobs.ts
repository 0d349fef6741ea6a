import type { Clock } from '../../../protocol/kit/clock.ts'
import type { PutBack } from '../batch/put-back.ts'
import type { JobToRescue } from '../batch/triage.ts'
import { awaitRescue } from '../job/job-state.ts'
import type { JobStore } from '../job/job-store.ts'
import { inParallel } from '../kit/in-parallel.ts'
import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'

const WRITES_AT_ONCE = 8

export interface RescuePorts {
  readonly store: JobStore
  readonly clock: Clock
  readonly log: Log
}

/**
 * Puts messages of resubmits back, of jobs that no run is known of. The job's own message may still be on its way, or a
 * worker may have begun a run for it that is not on record yet. So the first look only marks the record: from then on
 * the job's own message must claim its run as well. When every run must be over that was begun without seeing the mark,
 * the resubmit's message may claim the job.
 */
export async function rescueJobs(ports: RescuePorts, putBack: PutBack, jobs: readonly JobToRescue[]): Promise<void> {
  await inParallel(jobs, WRITES_AT_ONCE, async (job) => {
    if (job.stored.state.rescueAt === undefined) await mark(ports, job)
    putBack.later(job.items, job.dueAt)
  })
}

/** Nobody is told: what changes is ours alone. A mark that cannot be stored is tried again at the next look. */
async function mark({ store, clock, log }: RescuePorts, { stored, message }: JobToRescue): Promise<void> {
  const transition = awaitRescue(stored.state, clock.now())
  if (!transition.ok) return
  try {
    await store.write({ job: stored, state: transition.state })
  } catch (error) {
    log('warn', 'A resubmitted job could not be marked.', { jobId: message.id, ...errorFields(error) })
  }
}
