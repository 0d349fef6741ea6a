import type { CronDay } from './cron-day.ts'
import { parseDay } from './cron-day.ts'
import { CronError, parseField } from './cron-field.ts'
import type { TimeZone } from './time-zone.ts'

/** A parsed cron expression. */
export interface Cron {
  /**
   * Returns the first moment after `afterMs` that the expression names in the zone's time, in epoch milliseconds;
   * undefined if there is none. As in EventBridge Scheduler, a time that is skipped when clocks are turned forward is
   * left out, and a time that comes twice when they are turned back counts once.
   */
  next(afterMs: number, zone: TimeZone): number | undefined
}

const FIELDS = ['minutes', 'hours', 'day-of-month', 'month', 'day-of-week', 'year'] as const
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']

/**
 * Reads the six fields of a cron expression in AWS's dialect: minutes, hours, day of the month, month, day of the week
 * (1 is Sunday), year. One of the two day fields is `?`. Throws a `CronError` that says what is wrong.
 *
 * @example
 * parseCron('0 3 ? * MON-FRI *').next(Date.now(), findTimeZone('Europe/Berlin')!) // 3:00 on the next working day
 */
export function parseCron(text: string): Cron {
  const fields = text.trim().split(/\s+/)
  if (fields.length !== FIELDS.length) {
    throw new CronError(`it has ${fields.length} fields instead of six: ${FIELDS.join(', ')}`)
  }
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  return new ParsedCron({
    minutes: parseField(minutes, { name: 'minutes', least: 0, most: 59 }),
    hours: parseField(hours, { name: 'hours', least: 0, most: 23 }),
    day: parseDay(dayOfMonth, dayOfWeek),
    months: new Set(parseField(month, { name: 'month', least: 1, most: 12, names: MONTHS })),
    years: parseField(year, { name: 'year', least: 1970, most: 2199 }),
  })
}

interface CronParts {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly day: CronDay
  readonly months: ReadonlySet<number>
  readonly years: readonly number[]
}

class ParsedCron implements Cron {
  readonly #parts: CronParts

  constructor(parts: CronParts) {
    this.#parts = parts
  }

  next(afterMs: number, zone: TimeZone): number | undefined {
    const { years, months, day: isDay } = this.#parts
    // A later time on the wall is never an earlier moment, so times before the present wall time are skipped.
    const from = zone.wallTime(afterMs)
    for (const year of years) {
      if (year < from.year) continue
      for (let month = year === from.year ? from.month : 1; month <= 12; month++) {
        if (!months.has(month)) continue
        const sameMonth = year === from.year && month === from.month
        const days = new Date(Date.UTC(year, month, 0)).getUTCDate()
        for (let day = sameMonth ? from.day : 1; day <= days; day++) {
          if (!isDay(year, month, day)) continue
          const firstHour = sameMonth && day === from.day ? from.hour : 0
          const found = this.#nextInDay({ year, month, day, firstHour }, afterMs, zone)
          if (found !== undefined) return found
        }
      }
    }
    return undefined
  }

  #nextInDay(
    { firstHour, ...date }: { readonly year: number; readonly month: number; readonly day: number; firstHour: number },
    afterMs: number,
    zone: TimeZone,
  ): number | undefined {
    for (const hour of this.#parts.hours) {
      if (hour < firstHour) continue
      for (const minute of this.#parts.minutes) {
        const moment = zone.moment({ ...date, hour, minute, second: 0 })
        if (moment !== undefined && moment > afterMs) return moment
      }
    }
    return undefined
  }
}
