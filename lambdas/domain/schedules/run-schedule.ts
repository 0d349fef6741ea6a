import { accept } from '../../../protocol/kit/parsed.ts'
import type { ScheduleStore } from './schedule-store.ts'
import { mayRing } from './schedule-store.ts'
import type { ScheduleTimer, TimerKey } from './schedule-timer.ts'
import type { SubmitPorts } from '../submit/submit-jobs.ts'
import { submitJobs } from '../submit/submit-jobs.ts'

/** The event of a timer that rings. */
export interface Ring extends TimerKey {
  /** The time that it rings for, like `2026-11-21T03:00:00Z`: the same if it rings twice, or late. */
  readonly time: string
}

export interface RunSchedulePorts extends SubmitPorts {
  readonly schedules: ScheduleStore
  readonly timer: Pick<ScheduleTimer, 'stop'>
}

/** Returns the id of the job that a schedule submits for a time. */
export function scheduledJobId({ name, time }: Pick<Ring, 'name' | 'time'>): string {
  return `${name}:${time}`
}

/**
 * Submits the job of a schedule. The job's id is made of the schedule's name and the time, so that a timer that rings
 * twice for one time runs nothing twice. A timer that its schedule no longer needs is stopped: the request that should
 * have stopped it may have ended too early. Rejects if the timer should ring again.
 */
export async function runSchedule(ports: RunSchedulePorts, { namespace, name, timerId, time }: Ring): Promise<void> {
  const schedule = await ports.schedules.read({ namespace, name })
  if (schedule === undefined || !mayRing(timerId, schedule)) {
    ports.log('info', 'A schedule was not run: it is paused or deleted.', { namespace, schedule: name, time })
    return ports.timer.stop({ namespace, name, timerId })
  }
  const request = accept({ ...schedule.job, id: scheduledJobId({ name, time }) })
  const [outcome] = await submitJobs(ports, { namespace, jobs: [request], single: true })
  const runAt = Date.parse(time)
  if (!('error' in outcome!)) return ports.schedules.noteRun(schedule, { runAt, jobId: outcome!.id })
  const { error } = outcome
  ports.log('error', 'A schedule could not submit its job.', { namespace, schedule: name, time, reason: error.message })
  if (error.code === 'UNAVAILABLE') throw new Error(error.message)
  await ports.schedules.noteRun(schedule, { runAt, error })
}
