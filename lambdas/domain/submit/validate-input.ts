import type { Json } from '../../../protocol/job/job.ts'
import { ERRORS } from '../../../protocol/kit/errors.ts'
import { MAX_INLINE_BYTES, MAX_PAYLOAD_BYTES } from '../../../protocol/kit/limits.ts'
import type { Parsed, Refusal } from '../../../protocol/kit/parsed.ts'
import { accept, refuse } from '../../../protocol/kit/parsed.ts'
import { exceedsPayload } from '../../../protocol/job/payload.ts'
import type { SchemaIssue } from '../../../protocol/job/standard-schema.ts'
import type { Task, TaskMap } from '../../../protocol/job/task.ts'
import { exceedsUtf8 } from '../../../protocol/kit/utf8.ts'
import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'
import { shortenText } from '../../../protocol/kit/shorten-text.ts'

/**
 * Returns the input that a job's task runs with, or the refusal. Called only for a task with a schema. `path` is the
 * place of the input, like `jobs.3.input`.
 */
export type CheckInput = (task: string, input: Json, path: string) => Promise<Parsed<Json>>

const MAX_PATH_LENGTH = 200
const MAX_ISSUE_LENGTH = 500

/** Checks inputs by the schemas of these tasks. */
export function createInputCheck(tasks: TaskMap, log: Log): CheckInput {
  return (task, input, path) => validateInput(tasks[task]!, input, path, log)
}

/**
 * Returns the input that a task runs with, as the task's schema returns it. The schema may fill in defaults and leave out
 * unknown fields. `path` is the place of the input, like `jobs.3.input`.
 */
export async function validateInput(task: Task, input: Json, path: string, log: Log): Promise<Parsed<Json>> {
  if (task.input === undefined) return accept(input)
  try {
    const result = await task.input['~standard'].validate(input)
    if (result.issues !== undefined) return refuseIssues(result.issues, path)
    return readValidated(result.value, input, path)
  } catch (error) {
    log('error', "A task's input schema threw.", errorFields(error))
    return refuse('SCHEMA_FAILED', ERRORS.SCHEMA_FAILED.sentence, path)
  }
}

function refuseIssues(issues: readonly SchemaIssue[], path: string): Refusal {
  const [first, ...others] = issues
  const keys = (first?.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step))
  const more = others.length === 0 ? '' : ` Further problems: ${others.length}.`
  const message = (first?.message ?? 'The schema of the task refuses it').replace(/[.\s]*$/, '.')
  const sentence = shortenText(message, MAX_ISSUE_LENGTH)
  const at = shortenText([path, ...keys].join('.'), MAX_PATH_LENGTH)
  return refuse('INPUT_INVALID', `The input does not fit the schema of the task: ${sentence}${more}`, at)
}

/** The value is sent as JSON, so it must have nothing that JSON would drop or change. */
function readValidated(value: unknown, input: Json, path: string): Parsed<Json> {
  if (value === input) return accept(input)
  const badPath = nonJsonPath(value, path)
  if (badPath !== undefined) {
    const advice = 'Let the schema only check the input, and convert it inside the task.'
    return refuse(
      'INPUT_INVALID',
      `The task's schema turns the input into a value that JSON cannot carry. ${advice}`,
      badPath,
    )
  }
  const json = JSON.stringify(value)
  // A small input may have come through a function that cannot store large payloads.
  const isSmall = !exceedsUtf8(JSON.stringify(input), MAX_INLINE_BYTES)
  if (isSmall ? exceedsUtf8(json, MAX_INLINE_BYTES) : exceedsPayload(json)) {
    const limit = isSmall ? `${MAX_INLINE_BYTES / 1024} KB` : `${MAX_PAYLOAD_BYTES / 1024 / 1024} MB`
    return refuse('INPUT_INVALID', `The task's schema turns the input into more than ${limit}. Send less.`, path)
  }
  // A copy: a schema may give the same object each time.
  return accept(JSON.parse(json) as Json)
}

/** Finds the first part of a value that JSON cannot carry, and returns its path. Undefined properties are accepted. */
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
