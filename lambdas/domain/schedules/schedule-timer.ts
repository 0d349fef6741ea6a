import type { NewSchedule, ScheduleKey } from './schedule-store.ts'

/** The parts of a schedule that name its timer. */
export type TimerKey = ScheduleKey & Pick<NewSchedule, 'timerId'>

/** Rings at the times of a schedule, at least once each, and tells us the time it rings for. */
export interface ScheduleTimer {
  /** Does nothing if the schedule is started already. */
  start(schedule: NewSchedule): Promise<void>
  /** Does nothing if it is not started. */
  stop(timer: TimerKey): Promise<void>
}
