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
  /** Names its timer. A resume names a new one, so a timer that was stopped once is never needed again. */
  readonly timerId: string
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
  /** Returns the paused schedule, or undefined if it is gone. */
  pause(schedule: StoredSchedule): Promise<StoredSchedule | undefined>
  /** Gives a paused schedule a new timer. Returns the schedule as it is then, or undefined if it is gone. */
  resume(schedule: StoredSchedule, timerId: string): Promise<StoredSchedule | undefined>
  /** Records a run, unless a later one is recorded or the schedule is gone. */
  noteRun(schedule: StoredSchedule, run: ScheduleRun): Promise<void>
  /** Returns the schedule as it was when it was removed, or undefined if it was gone already. */
  remove(schedule: StoredSchedule): Promise<StoredSchedule | undefined>
}

/** Returns true if a timer may ring. A timer that may not ring will never be allowed to ring again. */
export function mayRing(timerId: string, schedule: StoredSchedule | undefined): boolean {
  return schedule !== undefined && !schedule.paused && schedule.timerId === timerId
}
