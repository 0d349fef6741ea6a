import type { Duration } from '../../../protocol/kit/policy.ts'
import type { InputField, SubmitOptions, WaitOptions } from './types.ts'

/**
 * A schedule to make: a task, the options of its jobs, and the times, by either `cron` or `every`.
 *
 * @example
 * const schedule: NewSchedule = { name: 'hourly', task: 'sweep', every: '1h', attempts: 3 }
 */
export type NewSchedule<Name extends string = string, Input = any> = (
  | {
      /** Six fields as in AWS: minute, hour, day, month, day of the week, year. One of the two days is `?`. */
      readonly cron: string
      /** The zone of `cron`, by its IANA name, like `Europe/Berlin`. `UTC` by default. */
      readonly timezone?: string | undefined
      readonly every?: undefined
    }
  | {
      /** Whole minutes, up to 365 days. The first run is that long after the schedule was made. */
      readonly every: Duration
      readonly cron?: undefined
      readonly timezone?: undefined
    }
) &
  Omit<SubmitOptions, 'id' | 'idempotencyKey' | 'rerun' | 'delay'> & {
    /** The name: 1 to 100 letters, digits and `. _ : -`. */
    readonly name: string
    readonly task: Name
    /** Makes a paused schedule, which submits nothing until it is resumed. */
    readonly paused?: boolean
  } & InputField<Input>

/**
 * The range of `schedules.list`.
 *
 * @example
 * const { schedules, next } = await jobs.schedules.list({ after: 'nightly', limit: 20 })
 */
export interface ScheduleListOptions extends WaitOptions {
  /** Only schedules whose names come after this one. */
  readonly after?: string | undefined
  /** The most schedules on a page. */
  readonly limit?: number | undefined
}
