import type { WireError } from '../../../protocol/kit/errors.ts'
import type { ScheduledJob } from '../../../protocol/schedules/schedule.ts'
import type { Timing } from './timing.ts'

export interface ScheduleKey {
  readonly namespace: string
  readonly name: string
}

/** What a schedule is, once and for all. */
export interface NewSchedule extends ScheduleKey {
  readonly job: ScheduledJob
  readonly timing: Timing
  readonly paused: boolean
  /** Tells it from earlier and later ones of its name. */
  readonly createdAt: number
}

export interface StoredSchedule extends NewSchedule {
  readonly lastRunAt?: number
  readonly lastJobId?: string
  readonly lastError?: WireError
}

/** What came of a run. */
export interface ScheduleRun {
  readonly runAt: number
  readonly jobId?: string
  readonly error?: WireError
}

/** The schedules by their names. What is said here holds, whatever the timer does. */
export interface ScheduleStore {
  /** Stores a schedule whose name is new; otherwise returns the one that has it. */
  insert(schedule: NewSchedule): Promise<StoredSchedule | undefined>
  read(key: ScheduleKey): Promise<StoredSchedule | undefined>
  /** In the order of the names, from behind `after` on. */
  list(namespace: string, page: { readonly after?: string; readonly limit: number }): Promise<readonly StoredSchedule[]>
  /** Undefined where there is no such schedule (any more). */
  setPaused(schedule: StoredSchedule, paused: boolean): Promise<StoredSchedule | undefined>
  /** Notes a run, unless a later one is noted or the schedule is gone. */
  noteRun(schedule: StoredSchedule, run: ScheduleRun): Promise<void>
  remove(schedule: StoredSchedule): Promise<void>
}

/** What rings at the times of a schedule, at least once each, and tells us the time it rings for. */
export interface Timer {
  /** Nothing happens where the schedule is started already. */
  start(schedule: NewSchedule): Promise<void>
  /** Nothing happens where it is not. */
  stop(schedule: NewSchedule): Promise<void>
}
