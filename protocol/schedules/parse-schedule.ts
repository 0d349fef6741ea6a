import { ID_PATTERN } from '../job/id.ts'
import {
  DEFAULT_LIST_LIMIT,
  MAX_INLINE_BYTES,
  MAX_LIST_LIMIT,
  MAX_SCHEDULE_NAME_LENGTH,
  MAX_SCHEDULE_RATE_MS,
} from '../kit/limits.ts'
import type { Parsed } from '../kit/parsed.ts'
import { accept, refuse } from '../kit/parsed.ts'
import { parseRequestJson } from '../kit/whole-characters.ts'
import { checkFields, duration, flag, isObject, text } from '../kit/parse-field.ts'
import { describe } from '../kit/parse-issue.ts'
import { parseJobRequest } from '../submit/parse-job.ts'
import { type Duration, durationMs } from '../kit/policy.ts'
import { matching, type QueryParameters, readParameters, wholeNumberOf } from '../kit/query-parameters.ts'
import type { ScheduledJob, ScheduleRequest } from './schedule.ts'
import { exceedsUtf8 } from '../kit/utf8.ts'

const MINUTE_MS = 60_000
const MAX_EXPRESSION_LENGTH = 200
const EXAMPLE = '{"name": "nightly", "task": "report", "cron": "0 3 * * ? *", "timezone": "Europe/Berlin"}'
/** Fields that a job may have and a scheduled job may not. */
const NOT_SCHEDULED = ['id', 'idempotencyKey', 'rerun', 'delay']

const CHECKS = {
  cron: text(MAX_EXPRESSION_LENGTH),
  every: duration(MINUTE_MS, MAX_SCHEDULE_RATE_MS),
  timezone: text(MAX_EXPRESSION_LENGTH),
  paused: flag,
}

/** The parts of a requested schedule. Its cron expression and its time zone are not checked yet. */
export interface ParsedSchedule extends Pick<ScheduleRequest, 'name' | 'cron' | 'timezone'> {
  readonly everyMs?: number
  readonly paused: boolean
  readonly job: ScheduledJob
}

/**
 * Reads the body of `POST /schedules`.
 *
 * @example
 * parseScheduleBody('{"name":"nightly","task":"report","cron":"0 3 * * ? *"}')
 */
export function parseScheduleBody(body: string): Parsed<ParsedSchedule> {
  const json = parseRequestJson(body, 'The body')
  if (!json.ok) return json
  if (!isObject(json.value)) return refuse('INVALID_REQUEST', `The body must be an object like ${EXAMPLE}.`)
  const { name, cron, every, timezone, paused = false, ...rest } = json.value
  const parsedName = parseScheduleName(name)
  if (!parsedName.ok) return parsedName
  const refusal = checkFields({ cron, every, timezone, paused }, CHECKS, '')
  if (refusal !== undefined) return refusal
  const strange = NOT_SCHEDULED.find((field) => Object.hasOwn(rest, field))
  if (strange !== undefined) {
    const message = `A scheduled job has no "${strange}": its id is the schedule's name and the time of the run.`
    return refuse('INVALID_REQUEST', message, strange)
  }
  const job = parseJobRequest(rest)
  if (!job.ok) return job
  if (exceedsUtf8(JSON.stringify(job.value.input ?? null), MAX_INLINE_BYTES)) {
    const limit = `${MAX_INLINE_BYTES / 1024} KB`
    const message = `The input of a schedule is larger than ${limit} as JSON. Put large data where the task can fetch it.`
    return refuse('PAYLOAD_TOO_LARGE', message, 'input')
  }
  const timing = parseTiming(cron as string | undefined, every as Duration | undefined, timezone as string | undefined)
  if (!timing.ok) return timing
  return accept({ name: parsedName.value, paused: paused as boolean, job: job.value, ...timing.value })
}

function parseTiming(
  cron: string | undefined,
  every: Duration | undefined,
  timezone: string | undefined,
): Parsed<Pick<ParsedSchedule, 'cron' | 'timezone' | 'everyMs'>> {
  if ((cron === undefined) === (every === undefined)) {
    const message = `A schedule has either "cron" or "every". Send an object like ${EXAMPLE}.`
    return refuse('INVALID_SCHEDULE', message, cron === undefined ? 'cron' : 'every')
  }
  if (cron !== undefined) return accept(timezone === undefined ? { cron } : { cron, timezone })
  if (timezone !== undefined) {
    return refuse('INVALID_SCHEDULE', 'A "timezone" needs "cron": a rate is the same in every time zone.', 'timezone')
  }
  const everyMs = durationMs(every!)
  if (everyMs % MINUTE_MS === 0) return accept({ everyMs })
  return refuse('INVALID_SCHEDULE', 'The field "every" must be whole minutes, like "5m".', 'every')
}

/** Reads the name of a schedule. */
export function parseScheduleName(name: unknown): Parsed<string> {
  if (typeof name === 'string' && ID_PATTERN.test(name) && name.length <= MAX_SCHEDULE_NAME_LENGTH) return accept(name)
  const rule = `a string of 1 to ${MAX_SCHEDULE_NAME_LENGTH} letters, digits and . _ : - only`
  const message = `The name of a schedule must be ${rule}; got ${describe(name)}.`
  return refuse('INVALID_REQUEST', message, 'name')
}

export interface ScheduleQuery {
  readonly after?: string
  readonly limit: number
}

/** Reads the query of `GET /schedules`. */
export function parseScheduleQuery(query: QueryParameters): Parsed<ScheduleQuery> {
  return readParameters(query, ['after', 'limit'], (parameters) => {
    const after = parameters.one('after', matching(ID_PATTERN, 'the name of a schedule'))
    const limit = parameters.one('limit', wholeNumberOf(1, MAX_LIST_LIMIT)) ?? DEFAULT_LIST_LIMIT
    return after === undefined ? { limit } : { after, limit }
  })
}
