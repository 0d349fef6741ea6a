import type { NewSchedule } from './schedule-store.ts'

/** Rings at the times of a schedule, at least once each, and tells us the time it rings for. */
export interface ScheduleTimer {
  /** Does nothing if the schedule is started already. */
  start(schedule: NewSchedule): Promise<void>
  /** Does nothing if it is not started. */
  stop(schedule: NewSchedule): Promise<void>
}
