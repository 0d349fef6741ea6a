import { CronError, parseField, parseValue } from './cron-field.ts'

/** Returns true if the expression names the date. Months count from 1. */
export type CronDay = (year: number, month: number, day: number) => boolean

const MONTH_DAY = { name: 'day-of-month', least: 1, most: 31 }
const WEEK_DAY = {
  name: 'day-of-week',
  least: 1,
  most: 7,
  names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
}
const SATURDAY = 7
const SUNDAY = 1

/**
 * Reads the two day fields, one of which must be `?`. In the month, `L` is the last day and `3W` the working day
 * nearest to the third; in the week, `L` is Saturday, `6L` the month's last Friday and `6#2` its second one.
 */
export function parseDay(dayOfMonth: string, dayOfWeek: string): CronDay {
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new CronError('exactly one of its fields day-of-month and day-of-week must be "?"')
  }
  return dayOfWeek === '?' ? parseMonthDay(dayOfMonth) : parseWeekDay(dayOfWeek)
}

function parseMonthDay(text: string): CronDay {
  if (text === 'L') return (year, month, day) => day === daysIn(year, month)
  const nearest = /^(\d+)W$/.exec(text)?.[1]
  if (nearest !== undefined) {
    const wanted = parseValue(nearest, MONTH_DAY)
    return (year, month, day) => day === nearestWorkingDay(year, month, wanted)
  }
  const days = new Set(parseField(text, MONTH_DAY))
  return (_year, _month, day) => days.has(day)
}

function parseWeekDay(text: string): CronDay {
  if (text === 'L') return (year, month, day) => weekDay(year, month, day) === SATURDAY
  const last = /^(\w+)L$/.exec(text)?.[1]
  if (last !== undefined) {
    const wanted = parseValue(last, WEEK_DAY)
    return (year, month, day) => weekDay(year, month, day) === wanted && day + 7 > daysIn(year, month)
  }
  const [name, ordinal, ...rest] = text.split('#')
  if (ordinal !== undefined) {
    if (rest.length > 0 || !/^[1-5]$/.test(ordinal)) {
      throw new CronError(`"${text}" is not allowed in its field day-of-week: write one like 6#2, the second Friday`)
    }
    const wanted = parseValue(name!, WEEK_DAY)
    return (year, month, day) => weekDay(year, month, day) === wanted && Math.ceil(day / 7) === Number(ordinal)
  }
  const days = new Set(parseField(text, WEEK_DAY))
  return (year, month, day) => days.has(weekDay(year, month, day))
}

/** Stays in the same month. Returns undefined if the month has no such day. */
function nearestWorkingDay(year: number, month: number, wanted: number): number | undefined {
  const days = daysIn(year, month)
  if (wanted > days) return undefined
  const name = weekDay(year, month, wanted)
  if (name === SATURDAY) return wanted === 1 ? 3 : wanted - 1
  if (name === SUNDAY) return wanted === days ? wanted - 2 : wanted + 1
  return wanted
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** Returns 1 for Sunday to 7 for Saturday. */
function weekDay(year: number, month: number, day: number): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1
}
