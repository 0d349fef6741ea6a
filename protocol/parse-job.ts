import * as v from 'valibot'
import { ID_PATTERN } from './id.ts'
import type { JobRequest } from './job.ts'
import { MAX_PAYLOAD_BYTES, MAX_TASK_NAME_LENGTH } from './limits.ts'
import type { Parsed } from './parsed.ts'
import { accept, refuse } from './parsed.ts'
import type { Subject } from './parse-issue.ts'
import { explain, refuseNoObject } from './parse-issue.ts'
import { PRIORITIES } from './priority.ts'
import { exceedsUtf8 } from './utf8.ts'

const JOB_REQUEST = v.strictObject({
  id: v.optional(v.unknown()),
  task: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_TASK_NAME_LENGTH)),
  input: v.optional(v.unknown()),
  priority: v.optional(v.picklist(PRIORITIES)),
})

const JOB: Subject = {
  name: 'A job',
  fields: Object.keys(JOB_REQUEST.entries),
  example: '{"task": "greet", "input": {"name": "Ada"}}',
}

/**
 * Reads one job of a submit. `prefix` is where it stood, like `jobs.3.`, for the error's path.
 *
 * @example
 * parseJobRequest({ task: 'greet', priority: 'urgent' }, 'jobs.3.')
 * // { ok: false, error: { code: 'INVALID_REQUEST', path: 'jobs.3.priority', message: 'The field "priority" must be one of …' } }
 */
export function parseJobRequest(value: unknown, prefix = ''): Parsed<JobRequest> {
  if (Array.isArray(value)) return refuseNoObject(value, JOB, prefix)
  const result = v.safeParse(JOB_REQUEST, value, { abortEarly: true })
  if (!result.success) return explain(result.issues[0], JOB, prefix)
  const { id, input } = result.output
  if (id !== undefined) {
    const parsedId = parseId(id, `${prefix}id`)
    if (!parsedId.ok) return parsedId
  }
  if (isLargerThanPayload(input)) {
    const limit = `${MAX_PAYLOAD_BYTES / 1024} KB`
    const advice = 'Put large data where the task can fetch it, and send its address.'
    return refuse('PAYLOAD_TOO_LARGE', `The input is larger than ${limit} as JSON. ${advice}`, `${prefix}input`)
  }
  return accept(result.output as JobRequest)
}

/** Reads the id of a job or of a session. */
export function parseId(value: unknown, path: string): Parsed<string> {
  if (typeof value === 'string' && ID_PATTERN.test(value)) return accept(value)
  const shown = typeof value === 'string' ? `"${value.slice(0, 40)}${value.length > 40 ? '…' : ''}"` : typeof value
  const message = `An id is a string of 1 to 128 letters, digits and . _ : - only; got ${shown}.`
  return refuse('INVALID_ID', message, path)
}

function isLargerThanPayload(input: unknown): boolean {
  if (typeof input === 'string') {
    // JSON can only make a string longer; most are far from the limit even if every character were escaped.
    if (input.length * 6 + 2 <= MAX_PAYLOAD_BYTES) return false
  } else if (typeof input !== 'object' || input === null) {
    return false
  }
  return exceedsUtf8(JSON.stringify(input), MAX_PAYLOAD_BYTES)
}
