import type { WireError } from '../kit/errors.ts'
import type { JobRequest } from '../job/job.ts'
import type { Duration } from '../kit/policy.ts'

/** What each run of a schedule submits. Its id is the schedule's name and the time of the run. */
export type ScheduledJob = Omit<JobRequest, 'id' | 'idempotencyKey' | 'rerun' | 'delay'>

/** When a schedule runs: by the calendar, or at a regular rate. */
export interface Timing {
  /**
   * Six fields as AWS writes them: minute, hour, day of the month, month, day of the week, year; one of the two days
   * is `?`. `0 3 ? * MON-FRI *` is at three in the morning of working days.
   */
  readonly cron?: string
  /** Whole minutes, up to 365 days: the first run is that long after the schedule was made. */
  readonly every?: Duration
  /** The zone of `cron`, by its IANA name, like `Europe/Berlin`. `UTC` by default. */
  readonly timezone?: string
}

/** `POST /schedules`: a task and when to submit it, by either `cron` or `every`. */
export interface ScheduleRequest extends ScheduledJob, Timing {
  /** What the schedule is called: 1 to 100 of the characters of ids. */
  readonly name: string
  /** Made, but at rest until it is resumed. */
  readonly paused?: boolean
}

/**
 * A schedule as it is. Times are epoch milliseconds.
 *
 * @example
 * const { nextRunAt, lastJobId }: Schedule = await jobs.schedules.get('nightly')
 */
export interface Schedule extends ScheduleRequest {
  readonly paused: boolean
  readonly createdAt: number
  /** Absent while the schedule is paused, and where its cron expression names no time any more. */
  readonly nextRunAt?: number
  /** The time of the latest run, and the job that it submitted. */
  readonly lastRunAt?: number
  readonly lastJobId?: string
  /** Why the latest run submitted no job. */
  readonly lastError?: WireError
}

/** Answers every route about one schedule. */
export interface ScheduleAnswer {
  readonly schedule: Schedule
}

/**
 * Answers `GET /schedules`, in the order of the names.
 *
 * @example
 * const { schedules, next }: SchedulesAnswer = await jobs.schedules.list({ limit: 20 })
 */
export interface SchedulesAnswer {
  readonly schedules: readonly Schedule[]
  /** Where there are more: the name to give as `after`. */
  readonly next?: string
}
