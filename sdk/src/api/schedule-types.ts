import type { Duration } from '../../../protocol/kit/policy.ts'
import type { InputField, SubmitOptions, WaitOptions } from './types.ts'

/**
 * A schedule that is to be made: a task, what to submit it with, and when, by either `cron` or `every`.
 *
 * @example
 * const schedule: NewSchedule = { name: 'hourly', task: 'sweep', every: '1h', attempts: 3 }
 */
export type NewSchedule<Name extends string = string, Input = any> = (
  | {
      /** Six fields as AWS writes them: minute, hour, day, month, day of the week, year; one of the two days is `?`. */
      readonly cron: string
      /** The zone of `cron`, by its IANA name, like `Europe/Berlin`. `UTC` by default. */
      readonly timezone?: string | undefined
      readonly every?: undefined
    }
  | {
      /** Whole minutes, up to 365 days: the first run is that long after the schedule was made. */
      readonly every: Duration
      readonly cron?: undefined
      readonly timezone?: undefined
    }
) &
  Omit<SubmitOptions, 'id' | 'idempotencyKey' | 'rerun' | 'delay'> & {
    /** What it is called: 1 to 100 of the characters of ids. */
    readonly name: string
    readonly task: Name
    /** Made, but at rest until it is resumed. */
    readonly paused?: boolean
  } & InputField<Input>

/**
 * Which schedules are listed.
 *
 * @example
 * const { schedules, next } = await jobs.schedules.list({ after: 'nightly', limit: 20 })
 */
export interface ScheduleListOptions extends WaitOptions {
  /** Those whose names come after this one. */
  readonly after?: string | undefined
  /** On a page. */
  readonly limit?: number | undefined
}
