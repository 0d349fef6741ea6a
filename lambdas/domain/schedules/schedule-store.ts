import type { WireError } from '../../../protocol/kit/errors.ts'
import type { ScheduledJob } from '../../../protocol/schedules/schedule.ts'
import type { Timing } from './timing.ts'

export interface ScheduleKey {
  readonly namespace: string
  readonly name: string
}

/** A schedule as it is first stored. */
export interface NewSchedule extends ScheduleKey {
  readonly job: ScheduledJob
  readonly timing: Timing
  readonly paused: boolean
  /** Tells this schedule from earlier and later ones of its name. */
  readonly createdAt: number
}

export interface StoredSchedule extends NewSchedule {
  readonly lastRunAt?: number
  readonly lastJobId?: string
  readonly lastError?: WireError
}

/** The outcome of one run of a schedule. */
export interface ScheduleRun {
  readonly runAt: number
  readonly jobId?: string
  readonly error?: WireError
}

/** The schedules by their names. The store is the truth, whatever the timer does. */
export interface ScheduleStore {
  /** Stores the schedule if its name is new; otherwise returns the schedule that has the name. */
  insert(schedule: NewSchedule): Promise<StoredSchedule | undefined>
  read(key: ScheduleKey): Promise<StoredSchedule | undefined>
  /** In the order of the names, beginning after `after`. */
  list(namespace: string, page: { readonly after?: string; readonly limit: number }): Promise<readonly StoredSchedule[]>
  /** Returns undefined if there is no such schedule, or no longer. */
  setPaused(schedule: StoredSchedule, paused: boolean): Promise<StoredSchedule | undefined>
  /** Records a run, unless a later one is recorded or the schedule is gone. */
  noteRun(schedule: StoredSchedule, run: ScheduleRun): Promise<void>
  remove(schedule: StoredSchedule): Promise<void>
}
