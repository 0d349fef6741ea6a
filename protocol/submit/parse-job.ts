import * as v from 'valibot'
import { ID_PATTERN } from '../job/id.ts'
import type { JobRequest } from '../job/job.ts'
import { isDeeperThan } from '../kit/json-depth.ts'
import {
  MAX_ATTEMPTS,
  MAX_BACKOFF_MS,
  MAX_DELAY_MS,
  MAX_GROUP_LENGTH,
  MAX_IDEMPOTENCY_KEY_LENGTH,
  MAX_PAYLOAD_BYTES,
  MAX_PAYLOAD_DEPTH,
  MAX_START_WITHIN_MS,
  MAX_TASK_NAME_LENGTH,
  MAX_TIMEOUT_MS,
  MAX_TTL_MS,
  MIN_TTL_MS,
} from '../kit/limits.ts'
import type { Parsed } from '../kit/parsed.ts'
import { accept, refuse } from '../kit/parsed.ts'
import type { FieldCheck } from '../kit/parse-field.ts'
import { checkFields, duration, fields, metadata, tags, text, wholeNumber } from '../kit/parse-field.ts'
import type { Subject } from '../kit/parse-issue.ts'
import { explain, refuseNonObject } from '../kit/parse-issue.ts'
import { exceedsPayload } from '../job/payload.ts'
import { webhook } from '../webhooks/parse-webhook.ts'
import { PRIORITIES } from '../job/priority.ts'
import { shortenText } from '../kit/shorten-text.ts'

const JOB_REQUEST = v.strictObject({
  id: v.optional(v.unknown()),
  task: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_TASK_NAME_LENGTH)),
  input: v.optional(v.unknown()),
  priority: v.optional(v.picklist(PRIORITIES)),
  rerun: v.optional(v.boolean()),
  // Checked below, each with an error of its own.
  idempotencyKey: v.optional(v.unknown()),
  attempts: v.optional(v.unknown()),
  backoff: v.optional(v.unknown()),
  timeout: v.optional(v.unknown()),
  delay: v.optional(v.unknown()),
  startWithin: v.optional(v.unknown()),
  ttl: v.optional(v.unknown()),
  metadata: v.optional(v.unknown()),
  tags: v.optional(v.unknown()),
  group: v.optional(v.unknown()),
  webhook: v.optional(v.unknown()),
})

const CHECKS: Readonly<Record<string, FieldCheck>> = {
  idempotencyKey: text(MAX_IDEMPOTENCY_KEY_LENGTH),
  attempts: wholeNumber(1, MAX_ATTEMPTS),
  backoff: fields({ initial: duration(0, MAX_BACKOFF_MS), cap: duration(0, MAX_BACKOFF_MS) }),
  timeout: duration(1, MAX_TIMEOUT_MS),
  delay: duration(0, MAX_DELAY_MS),
  startWithin: duration(1, MAX_START_WITHIN_MS),
  ttl: duration(MIN_TTL_MS, MAX_TTL_MS),
  metadata,
  tags,
  group: text(MAX_GROUP_LENGTH),
  webhook,
}

const JOB: Subject = {
  name: 'A job',
  fields: Object.keys(JOB_REQUEST.entries),
  example: '{"task": "greet", "input": {"name": "Ada"}}',
}

/**
 * Reads one job of a submit. `prefix` is its place in the request, like `jobs.3.`, for the path of an error.
 *
 * @example
 * parseJobRequest({ task: 'greet', priority: 'urgent' }, 'jobs.3.')
 * // { ok: false, error: { code: 'INVALID_REQUEST', path: 'jobs.3.priority', message: 'The field "priority" must be one of …' } }
 */
export function parseJobRequest(value: unknown, prefix = ''): Parsed<JobRequest> {
  if (Array.isArray(value)) return refuseNonObject(value, JOB, prefix)
  const result = v.safeParse(JOB_REQUEST, value, { abortEarly: true })
  if (!result.success) return explain(result.issues[0], JOB, prefix)
  const { id, input } = result.output
  if (id !== undefined) {
    const parsedId = parseId(id, `${prefix}id`)
    if (!parsedId.ok) return parsedId
  }
  if (isDeeperThan(input, MAX_PAYLOAD_DEPTH)) {
    const message = `The input is nested more than ${MAX_PAYLOAD_DEPTH} levels deep: send flatter data.`
    return refuse('INVALID_REQUEST', message, `${prefix}input`)
  }
  if (isLargerThanPayload(input)) {
    const limit = `${MAX_PAYLOAD_BYTES / 1024 / 1024} MB`
    const advice = 'Put large data where the task can fetch it, and send its address.'
    return refuse('PAYLOAD_TOO_LARGE', `The input is larger than ${limit} as JSON. ${advice}`, `${prefix}input`)
  }
  const refusal = checkFields(result.output, CHECKS, prefix)
  if (refusal !== undefined) return refusal
  if (result.output.rerun && id === undefined && result.output.idempotencyKey === undefined) {
    const message = 'The field "rerun" needs an "id" or an "idempotencyKey": the name of the job to run again.'
    return refuse('INVALID_REQUEST', message, `${prefix}rerun`)
  }
  return accept(result.output as JobRequest)
}

/** Reads the id of a job or of a session. */
export function parseId(value: unknown, path: string): Parsed<string> {
  if (typeof value === 'string' && ID_PATTERN.test(value)) return accept(value)
  const shown = typeof value === 'string' ? `"${shortenText(value, 40)}"` : typeof value
  const message = `An id must be a string of 1 to 128 letters, digits and . _ : - only, and not . or .. alone; got ${shown}.`
  return refuse('INVALID_ID', message, path)
}

/** Returns true if a value, as JSON, is larger than a payload may be. */
export function isLargerThanPayload(input: unknown): boolean {
  if (typeof input === 'string') {
    // JSON can only make a string longer; most are far from the limit even if every character were escaped.
    if (input.length * 7 + 4 <= MAX_PAYLOAD_BYTES) return false
  } else if (typeof input !== 'object' || input === null) {
    return false
  }
  return exceedsPayload(JSON.stringify(input))
}
