import { accept } from '../../../protocol/kit/parsed.ts'
import type { ScheduleKey, ScheduleStore } from './schedule-store.ts'
import type { SubmitPorts } from '../submit/submit-jobs.ts'
import { submitJobs } from '../submit/submit-jobs.ts'

/** What the timer says when it rings. */
export interface Ring extends ScheduleKey {
  readonly createdAt: number
  /** The time that it rings for, like `2026-11-21T03:00:00Z`: the same however often or late it does. */
  readonly time: string
}

/**
 * Submits the job of a schedule. Its id is made of the schedule's name and the time, so that a timer that rings
 * twice for one time runs nothing twice. Rejects where the ring should be repeated.
 */
export async function runSchedule(
  ports: SubmitPorts & { readonly schedules: ScheduleStore },
  { namespace, name, createdAt, time }: Ring,
): Promise<void> {
  const schedule = await ports.schedules.read({ namespace, name })
  if (schedule === undefined || schedule.createdAt !== createdAt || schedule.paused) {
    ports.log('info', 'A schedule that is gone or paused was not run.', { namespace, schedule: name, time })
    return
  }
  const request = accept({ ...schedule.job, id: `${name}:${time}` })
  const [outcome] = await submitJobs(ports, { namespace, jobs: [request], single: true })
  const runAt = Date.parse(time)
  if (!('error' in outcome!)) return ports.schedules.noteRun(schedule, { runAt, jobId: outcome!.id })
  const { error } = outcome
  ports.log('error', 'A schedule could not submit its job.', { namespace, schedule: name, time, reason: error.message })
  if (error.code === 'UNAVAILABLE') throw new Error(error.message)
  await ports.schedules.noteRun(schedule, { runAt, error })
}
