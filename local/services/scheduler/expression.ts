import { parseCron, type Cron } from '../../../calendar/cron.ts'
import { CronError } from '../../../calendar/cron-field.ts'
import { findTimeZone, type TimeZone } from '../../../calendar/time-zone.ts'
import { AwsError } from '../../wire/call.ts'

/** The times at which a schedule runs. */
export type Expression =
  | { readonly kind: 'at'; readonly atMs: number }
  | { readonly kind: 'rate'; readonly everyMs: number }
  | { readonly kind: 'cron'; readonly cron: Cron; readonly zone: TimeZone }

const AT = /^at\((\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\)$/
const RATE = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/
const CRON = /^cron\((.*)\)$/
const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

/**
 * Reads `at(…)`, `rate(…)` or `cron(…)`. Throws the `ValidationException` of AWS for anything else.
 *
 * @example
 * readExpression('at(2026-12-24T18:00:00)', 'Europe/Berlin')
 */
export function readExpression(text: string, timezone: string): Expression {
  const zone = findTimeZone(timezone)
  if (zone === undefined) throw validationError(`The timezone ${timezone} is not an IANA name.`)
  const [, value, unit] = RATE.exec(text) ?? []
  if (value !== undefined) {
    return { kind: 'rate', everyMs: Number(value) * UNIT_MS[unit as keyof typeof UNIT_MS] }
  }
  const at = AT.exec(text)
  if (at !== null) return { kind: 'at', atMs: readMoment(at.slice(1).map(Number), text, zone) }
  const fields = CRON.exec(text)?.[1]
  if (fields === undefined) throw invalidExpression(text, 'it is not at(…), rate(…) or cron(…)')
  try {
    return { kind: 'cron', cron: parseCron(fields), zone }
  } catch (error) {
    if (error instanceof CronError) throw invalidExpression(text, error.message)
    throw error
  }
}

function readMoment(numbers: readonly number[], text: string, zone: TimeZone): number {
  const [year, month, day, hour, minute, second] = numbers as [number, number, number, number, number, number]
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  const rolledOver = date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || date.getUTCHours() !== hour
  if (rolledOver || minute > 59 || second > 59) throw invalidExpression(text, 'there is no such time')
  const moment = zone.moment({ year, month, day, hour, minute, second })
  if (moment === undefined) throw invalidExpression(text, 'its time zone skips that time')
  return moment
}

function invalidExpression(text: string, reason: string): AwsError {
  return validationError(`Invalid Schedule Expression ${text}. Reason: ${reason}.`)
}

/** The refusal of what AWS has and the local cloud has not. */
export class NotImplementedError extends AwsError {
  readonly what: string

  constructor(what: string) {
    super('ValidationException', `The local cloud does not implement ${what}`)
    this.what = what
  }
}

export function validationError(message: string): AwsError {
  return new AwsError('ValidationException', message)
}

/** Returns AWS's error for a member that breaks a rule of its shape. `path` is like `target.roleArn`. */
export function constraintError(value: unknown, path: string, constraint: string): AwsError {
  const shown = value === undefined || value === null ? 'null' : `'${String(value)}'`
  return validationError(
    `1 validation error detected: Value ${shown} at '${path}' failed to satisfy constraint: ${constraint}`,
  )
}
