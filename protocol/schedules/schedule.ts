import type { WireError } from '../kit/errors.ts'
import type { JobRequest } from '../job/job.ts'
import type { Duration } from '../kit/policy.ts'

/** The job that each run of a schedule submits. Its id is the schedule's name and the time of the run. */
export type ScheduledJob = Omit<JobRequest, 'id' | 'idempotencyKey' | 'rerun' | 'delay'>

/** The times of a schedule: by the calendar, or at a regular rate. */
export interface Timing {
  /**
   * Six fields as AWS writes them: minute, hour, day of the month, month, day of the week, year; one of the two days
   * is `?`. `0 3 ? * MON-FRI *` is at three in the morning of working days.
   */
  readonly cron?: string
  /** The interval: whole minutes, up to 365 days. The first run comes one interval after the schedule was created. */
  readonly every?: Duration
  /** The time zone of `cron`, by its IANA name, like `Europe/Berlin`. `UTC` by default. */
  readonly timezone?: string
}

/** `POST /schedules`: a task and when to submit it, by either `cron` or `every`. */
export interface ScheduleRequest extends ScheduledJob, Timing {
  /** The name of the schedule: 1 to 100 letters, digits and `. _ : -`. */
  readonly name: string
  /** True to create the schedule paused, until it is resumed. */
  readonly paused?: boolean
}

/**
 * A schedule and its latest run. Times are epoch milliseconds.
 *
 * @example
 * const { nextRunAt, lastJobId }: Schedule = await jobs.schedules.get('nightly')
 */
export interface Schedule extends ScheduleRequest {
  readonly paused: boolean
  readonly createdAt: number
  /** Absent while the schedule is paused, and when its cron expression has no more times. */
  readonly nextRunAt?: number
  /** The time of the latest run, and the job that it submitted. */
  readonly lastRunAt?: number
  readonly lastJobId?: string
  /** The error, if the latest run could not submit its job, or failed and was given up. */
  readonly lastError?: WireError
}

/** The answer to every route for one schedule. */
export interface ScheduleAnswer {
  readonly schedule: Schedule
}

/**
 * The answer to `GET /schedules`, in the order of the names.
 *
 * @example
 * const { schedules, next }: SchedulesAnswer = await jobs.schedules.list({ limit: 20 })
 */
export interface SchedulesAnswer {
  readonly schedules: readonly Schedule[]
  /** If there are more: the name to give as `after`. */
  readonly next?: string
}
