import { type Cron, parseCron } from '../../../calendar/cron.ts'
import { CronError } from '../../../calendar/cron-field.ts'
import { findTimeZone } from '../../../calendar/time-zone.ts'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { accept, refuse } from '../../../protocol/kit/parsed.ts'
import type { ParsedSchedule } from '../../../protocol/schedules/parse-schedule.ts'
import { shortenText } from '../../../protocol/kit/shorten-text.ts'

/** The rule for the times of a schedule. */
export type Timing = { readonly cron: string; readonly timezone: string } | { readonly everyMs: number }

/** Checks the times of a request. An expression that names no future time is refused too. */
export function parseTiming({ cron, timezone = 'UTC', everyMs }: ParsedSchedule, now: number): Parsed<Timing> {
  if (everyMs !== undefined) return accept({ everyMs })
  const zone = findTimeZone(timezone)
  if (zone === undefined) {
    const message = `There is no time zone "${shortenText(timezone, 60)}". Give an IANA name like "Europe/Berlin".`
    return refuse('INVALID_SCHEDULE', message, 'timezone')
  }
  const parsed = parseCronText(cron!)
  if (!parsed.ok) return parsed
  if (parsed.value.next(now, zone) !== undefined) return accept({ cron: cron!, timezone })
  return refuse('INVALID_SCHEDULE', `The expression "${cron}" names no time in the future.`, 'cron')
}

function parseCronText(text: string): Parsed<Cron> {
  try {
    return accept(parseCron(text))
  } catch (error) {
    if (!(error instanceof CronError)) throw error
    const advice = 'Write six fields, like "0 3 ? * MON-FRI *": minute, hour, day, month, day of the week, year.'
    return refuse('INVALID_SCHEDULE', `The expression "${text}" is invalid: ${error.message}. ${advice}`, 'cron')
  }
}

/** Returns the first time of a schedule after `after`. A rate counts from the creation of the schedule. */
export function nextRun(timing: Timing, createdAt: number, after: number): number | undefined {
  if ('cron' in timing) return parseCron(timing.cron).next(after, findTimeZone(timing.timezone)!)
  const firstAt = firstOfRate(timing.everyMs, createdAt)
  if (after < firstAt) return firstAt
  return firstAt + (Math.floor((after - firstAt) / timing.everyMs) + 1) * timing.everyMs
}

/** Returns a whole second, as EventBridge Scheduler counts. */
function firstOfRate(everyMs: number, createdAt: number): number {
  return Math.ceil(createdAt / 1_000) * 1_000 + everyMs
}
