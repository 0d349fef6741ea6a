import type { Json } from '../../../protocol/job/job.ts'
import { MAX_INLINE_BYTES, MAX_PAYLOAD_BYTES } from '../../../protocol/kit/limits.ts'
import type { Parsed, Refusal } from '../../../protocol/kit/parsed.ts'
import { accept, refuse } from '../../../protocol/kit/parsed.ts'
import { exceedsPayload } from '../../../protocol/job/payload.ts'
import type { SchemaIssue } from '../../../protocol/job/standard-schema.ts'
import type { Task } from '../../../protocol/job/task.ts'
import { exceedsUtf8 } from '../../../protocol/kit/utf8.ts'
import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'

const MAX_PATH_LENGTH = 200
const MAX_ISSUE_LENGTH = 500

/**
 * What a task runs with: its input as the task's schema gives it, which may fill in defaults and leave out what it
 * does not know. `path` is where the input stood, like `jobs.3.input`.
 */
export async function validateInput(task: Task, input: Json, path: string, log: Log): Promise<Parsed<Json>> {
  if (task.input === undefined) return accept(input)
  try {
    const result = await task.input['~standard'].validate(input)
    if (result.issues !== undefined) return refuseIssues(result.issues, path)
    return readValidated(result.value, input, path)
  } catch (error) {
    log('error', "A task's input schema threw.", errorFields(error))
    return refuse('INTERNAL', "The task's schema could not check the input: its author finds why in the logs.", path)
  }
}

function refuseIssues(issues: readonly SchemaIssue[], path: string): Refusal {
  const [first, ...others] = issues
  const keys = (first?.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step))
  const more = others.length === 0 ? '' : ` There are ${others.length} more.`
  const sentence = (first?.message ?? 'Its schema refuses it').slice(0, MAX_ISSUE_LENGTH).replace(/[.\s]*$/, '.')
  const at = [path, ...keys].join('.').slice(0, MAX_PATH_LENGTH)
  return refuse('INPUT_INVALID', `The input is not what the task wants: ${sentence}${more}`, at)
}

/** The value travels as JSON: what JSON would drop or change must not be there in the first place. */
function readValidated(value: unknown, input: Json, path: string): Parsed<Json> {
  if (value === input) return accept(input)
  const badPath = nonJsonPath(value, path)
  if (badPath !== undefined) {
    const advice = 'Let it check the input, and convert inside the task.'
    return refuse('INPUT_INVALID', `The task's schema makes of the input what JSON cannot carry. ${advice}`, badPath)
  }
  const json = JSON.stringify(value)
  // What came small may have come by a function that keeps no large payloads.
  const isSmall = !exceedsUtf8(JSON.stringify(input), MAX_INLINE_BYTES)
  if (isSmall ? exceedsUtf8(json, MAX_INLINE_BYTES) : exceedsPayload(json)) {
    const limit = isSmall ? `${MAX_INLINE_BYTES / 1024} KB` : `${MAX_PAYLOAD_BYTES / 1024 / 1024} MB`
    return refuse('INPUT_INVALID', `The task's schema makes more than ${limit} of the input. Send less.`, path)
  }
  // A copy: a schema may give the same object each time.
  return accept(JSON.parse(json) as Json)
}

/** Where in a value something stands that JSON cannot carry; undefined properties are left out as usual. */
function nonJsonPath(value: unknown, path: string): string | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : path
  if (typeof value !== 'object') return path
  if (Array.isArray(value)) return firstNonJsonPath(value.entries(), path)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return path
  return firstNonJsonPath(
    Object.entries(value).filter(([, entry]) => entry !== undefined),
    path,
  )
}

function firstNonJsonPath(entries: Iterable<readonly [string | number, unknown]>, path: string): string | undefined {
  for (const [key, entry] of entries) {
    const badPath = nonJsonPath(entry, `${path}.${key}`)
    if (badPath !== undefined) return badPath
  }
  return undefined
}
