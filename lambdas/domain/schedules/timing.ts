import { type Cron, parseCron } from '../../../calendar/cron.ts'
import { CronError } from '../../../calendar/cron-field.ts'
import { findTimeZone } from '../../../calendar/time-zone.ts'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { accept, refuse } from '../../../protocol/kit/parsed.ts'
import type { ParsedSchedule } from '../../../protocol/schedules/parse-schedule.ts'

/** When a schedule runs. */
export type Timing = { readonly cron: string; readonly timezone: string } | { readonly everyMs: number }

/** Checks what a request says of times; an expression that will never be due is refused too. */
export function readTiming({ cron, timezone = 'UTC', everyMs }: ParsedSchedule, now: number): Parsed<Timing> {
  if (everyMs !== undefined) return accept({ everyMs })
  const zone = findTimeZone(timezone)
  if (zone === undefined) {
    const message = `There is no time zone "${timezone.slice(0, 60)}". Give its IANA name, like "Europe/Berlin".`
    return refuse('INVALID_SCHEDULE', message, 'timezone')
  }
  const parsed = readCron(cron!)
  if (!parsed.ok) return parsed
  if (parsed.value.next(now, zone) !== undefined) return accept({ cron: cron!, timezone })
  return refuse('INVALID_SCHEDULE', `The expression "${cron}" names no time in the future.`, 'cron')
}

function readCron(text: string): Parsed<Cron> {
  try {
    return accept(parseCron(text))
  } catch (error) {
    if (!(error instanceof CronError)) throw error
    const advice = 'Write six fields, like "0 3 ? * MON-FRI *": minute, hour, day, month, day of the week, year.'
    return refuse('INVALID_SCHEDULE', `The expression "${text}" cannot be read: ${error.message}. ${advice}`, 'cron')
  }
}

/** The first time of a schedule after `after`; a rate counts from when the schedule was made. */
export function nextRun(timing: Timing, createdAt: number, after: number): number | undefined {
  if ('cron' in timing) return parseCron(timing.cron).next(after, findTimeZone(timing.timezone)!)
  const firstAt = firstOfRate(timing.everyMs, createdAt)
  if (after < firstAt) return firstAt
  return firstAt + (Math.floor((after - firstAt) / timing.everyMs) + 1) * timing.everyMs
}

/** On a whole second, as EventBridge Scheduler counts. */
function firstOfRate(everyMs: number, createdAt: number): number {
  return Math.ceil(createdAt / 1_000) * 1_000 + everyMs
}
