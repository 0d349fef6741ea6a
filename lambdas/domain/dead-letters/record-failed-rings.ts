import type { StoredJob } from '../job/stored-job.ts'
import { errorFields } from '../kit/log.ts'
import type { LiveJob } from '../record/live-job.ts'
import type { RecorderPorts } from '../record/record-changes.ts'
import { createChangeRecorder } from '../record/record-changes.ts'
import type { Ring } from '../schedules/run-schedule.ts'
import { scheduledJobId } from '../schedules/run-schedule.ts'
import type { ScheduleStore } from '../schedules/schedule-store.ts'
import { mayRing } from '../schedules/schedule-store.ts'
import { applyUnsentJob } from './fail-unsent.ts'

/** A ring of a schedule's timer that was given up. */
export interface FailedRing {
  readonly itemId: string
  readonly ring: Ring
  /** The error of the last try. It may name resources of AWS, so it is for the log alone. */
  readonly reason: string
}

export interface FailedRingPorts extends RecorderPorts {
  readonly schedules: Pick<ScheduleStore, 'read' | 'noteRun'>
}

/**
 * Records runs of schedules that were given up: in the log, in the schedule, and in the job of the run if there is one.
 * Returns the ids of the messages that must come once more.
 */
export async function recordFailedRings(ports: FailedRingPorts, failed: readonly FailedRing[]): Promise<string[]> {
  const again = await Promise.all(
    failed.map(async ({ itemId, ring, reason }) => {
      const { namespace, name: schedule, time } = ring
      ports.log('error', 'A run of a schedule was given up.', { namespace, schedule, time, reason })
      try {
        await recordFailedRing(ports, ring)
        return []
      } catch (error) {
        ports.log('error', 'A failed run of a schedule could not be recorded.', { schedule, ...errorFields(error) })
        return [itemId]
      }
    }),
  )
  return again.flat()
}

async function recordFailedRing(ports: FailedRingPorts, ring: Ring): Promise<void> {
  const { namespace, name, timerId, time } = ring
  const jobId = scheduledJobId(ring)
  const [job] = await ports.store.load([{ namespace, id: jobId }], 'strong')
  // Its last try may have stored the job and sent no message.
  if (job !== undefined) await failUnstarted(ports, job)
  const schedule = await ports.schedules.read(ring)
  if (schedule === undefined || !mayRing(timerId, schedule)) return
  const runAt = Date.parse(time)
  const message = `The run of the schedule "${name}" failed, and was given up after several tries.`
  const result = job === undefined ? { error: { code: 'UNAVAILABLE', message } as const } : { jobId }
  await ports.schedules.noteRun(schedule, { runAt, ...result })
}

/** Leaves a job alone that has started, and so has a message. */
async function failUnstarted(ports: FailedRingPorts, stored: StoredJob): Promise<void> {
  const job: LiveJob = { stored }
  const finishedAt = ports.clock.now()
  await createChangeRecorder(ports, 1).finish(job, (state) => applyUnsentJob(state, finishedAt)).pushed
}
