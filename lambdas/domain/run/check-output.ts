import { JOB_ERRORS } from '../../../protocol/kit/errors.ts'
import type { JobFailure, Json } from '../../../protocol/job/job.ts'
import { isDeeperThan } from '../../../protocol/kit/json-depth.ts'
import { MAX_PAYLOAD_BYTES, MAX_PAYLOAD_DEPTH } from '../../../protocol/kit/limits.ts'
import { exceedsPayload } from '../../../protocol/job/payload.ts'
import type { SchemaIssue } from '../../../protocol/job/standard-schema.ts'
import { replaceHalfCharactersInJson } from '../../../protocol/kit/whole-characters.ts'
import type { Task } from '../../../protocol/job/task.ts'
import { shortenText } from '../../../protocol/kit/shorten-text.ts'

export type CheckedOutput =
  | { readonly ok: true; readonly output: Json }
  | { readonly ok: false; readonly error: JobFailure }

type OutputErrorCode = 'OUTPUT_INVALID' | 'OUTPUT_NOT_JSON' | 'OUTPUT_TOO_LARGE'

const ISSUES_SHOWN = 3
const MAX_NAME_LENGTH = 100
const PLAIN_KINDS: ReadonlySet<string> = new Set(['Object', 'String', 'Number', 'Boolean'])

/** Turns the value that a task returned into the output to store: it fits the schema, is JSON, and is not too large. */
export async function checkOutput(task: Task, returned: unknown): Promise<CheckedOutput> {
  if (task.output === undefined) return readJsonOutput(returned)
  const result = await task.output['~standard'].validate(returned)
  if (result.issues !== undefined) return outputFailure('OUTPUT_INVALID', describeIssues(result.issues))
  return readJsonOutput(result.value)
}

function readJsonOutput(value: unknown): CheckedOutput {
  if (value === undefined) return { ok: true, output: null }
  let json: string | undefined
  try {
    json = JSON.stringify(value)
    // Looking at each part is slow. Only if the JSON has an empty object can a part have become one.
    if (json?.includes('{}')) JSON.stringify(value, refuseVanishing)
  } catch (error) {
    return outputFailure('OUTPUT_NOT_JSON', error instanceof Error ? firstLine(error.message) : String(error))
  }
  if (json === undefined) return outputFailure('OUTPUT_NOT_JSON', `The task returned a ${typeof value}.`)
  if (exceedsPayload(json)) {
    return outputFailure(
      'OUTPUT_TOO_LARGE',
      `Return at most ${MAX_PAYLOAD_BYTES / 1024 / 1024} MB as JSON, or an address of it.`,
    )
  }
  // A copy through JSON: the output that is pushed is the one that is stored, even if the task changes its object.
  const output = JSON.parse(replaceHalfCharactersInJson(json)) as Json
  if (isDeeperThan(output, MAX_PAYLOAD_DEPTH)) {
    return outputFailure('OUTPUT_NOT_JSON', `It is nested more than ${MAX_PAYLOAD_DEPTH} levels deep.`)
  }
  return { ok: true, output }
}

/**
 * JSON writes a `Map`, an `Error` or a promise that nobody awaited as `{}`: the client would get an empty object where
 * its types promise another value. Parts that JSON leaves out or writes as null are accepted.
 */
function refuseVanishing(key: string, part: unknown): unknown {
  if (typeof part !== 'object' || part === null || Array.isArray(part) || Object.keys(part).length > 0) return part
  const kind = Object.prototype.toString.call(part).slice(8, -1)
  if (PLAIN_KINDS.has(kind)) return part
  const place = key === '' ? 'It' : JSON.stringify(shortenText(key, MAX_NAME_LENGTH))
  throw new TypeError(`${place} is a ${kind}, which JSON writes as {}: return plain data.`)
}

function outputFailure(code: OutputErrorCode, detail: string): CheckedOutput {
  return { ok: false, error: { code, message: `${JOB_ERRORS[code]} ${detail}`, retryable: false } }
}

function describeIssues(issues: readonly SchemaIssue[]): string {
  const shown = issues.slice(0, ISSUES_SHOWN).map(({ path = [], message }) => {
    const at = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
    return at === '' ? message : `${at}: ${message}`
  })
  const more = issues.length - shown.length
  return more > 0 ? `${shown.join('; ')}; and ${more} more.` : shown.join('; ')
}

/** The error `Converting circular structure…` draws the structure in its further lines. */
function firstLine(text: string): string {
  return text.split('\n', 1)[0]!
}
