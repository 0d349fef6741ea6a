/** A date and time as a clock on the wall shows it, without a zone. Months count from 1. */
export interface WallTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** Converts moments (epoch milliseconds) to the wall time of one zone, and back. */
export interface TimeZone {
  wallTime(epochMs: number): WallTime
  /**
   * Returns the moment at which the wall shows a time: the first of two if clocks are turned back, undefined if the
   * time is skipped because clocks are turned forward.
   */
  moment(wall: WallTime): number | undefined
}

const DAY_MS = 86_400_000

/**
 * Finds the zone of an IANA name, such as `Europe/Berlin`; undefined if there is none.
 *
 * @example
 * findTimeZone('Europe/Berlin')?.moment({ year: 2026, month: 3, day: 29, hour: 2, minute: 30, second: 0 }) // undefined
 */
export function findTimeZone(name: string): TimeZone | undefined {
  // Intl also takes offsets such as `+02:00`, but Scheduler does not.
  if (!/^[A-Za-z][\w+\-/]*$/.test(name)) return undefined
  if (name === 'UTC') return UTC
  try {
    return zoneFrom(new Intl.DateTimeFormat('en-US', { timeZone: name, hourCycle: 'h23', era: 'short', ...NUMERIC }))
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const NUMERIC = {
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
} as const

const UTC: TimeZone = {
  wallTime(epochMs) {
    const date = new Date(epochMs)
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
    }
  },
  moment: asIfUtc,
}

function zoneFrom(format: Intl.DateTimeFormat): TimeZone {
  const wallTime = (epochMs: number): WallTime => {
    const parts: Record<string, number> = {}
    for (const { type, value } of format.formatToParts(epochMs)) parts[type] = Number(value)
    const { year, month, day, hour, minute, second } = parts as unknown as WallTime
    return { year, month, day, hour, minute, second }
  }
  const offset = (epochMs: number): number => asIfUtc(wallTime(epochMs)) - Math.floor(epochMs / 1_000) * 1_000
  return {
    wallTime,
    moment(wall) {
      const utc = asIfUtc(wall)
      // The offsets of the day before and of the day after: any change of the clocks lies between them. The larger one
      // gives the earlier moment.
      const offsets = [offset(utc - DAY_MS), offset(utc + DAY_MS)].sort((a, b) => b - a)
      return offsets.map((each) => utc - each).find((moment) => offset(moment) === utc - moment)
    },
  }
}

function asIfUtc({ year, month, day, hour, minute, second }: WallTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second)
}
