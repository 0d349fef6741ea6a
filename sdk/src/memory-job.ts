import { JOB_ERRORS } from '../../protocol/errors.ts'
import { isTerminal } from '../../protocol/job.ts'
import type { JobFailure, JobRecord, JobRequest, JobUpdate, Json } from '../../protocol/job.ts'

/** A job of the platform in memory. */
export interface MemoryJob {
  record: JobRecord
  readonly request: JobRequest
  /** Ends the run that is under way, if one is. */
  stop: () => void
}

const UPDATE_FIELDS = [
  'id',
  'version',
  'status',
  'attempts',
  'startedAt',
  'finishedAt',
  'output',
  'error',
  'progress',
  'dueAt',
] as const

/** What is pushed of a record. */
export function updateOf(record: JobRecord): JobUpdate {
  const present = UPDATE_FIELDS.filter((field) => record[field] !== undefined)
  return Object.fromEntries(present.map((field) => [field, record[field]])) as unknown as JobUpdate
}

/** The record after a change of its state: versions only grow, and nothing comes after an end. */
export function changed(record: JobRecord, change: Partial<JobUpdate>): JobRecord {
  if (isTerminal(record.status)) return record
  const { output: _output, error: _error, dueAt: _dueAt, ...rest } = record
  return { ...rest, ...change, version: record.version + 1 }
}

const ERROR_CODE = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/

/** What a task threw, as the platform tells it. */
export function failureOf(thrown: unknown): JobFailure {
  const { code, message, retryable } = Object(thrown) as Record<string, unknown>
  const said = typeof thrown === 'string' ? thrown : message
  return {
    code: typeof code === 'string' && ERROR_CODE.test(code) ? code : 'TASK_FAILED',
    message: typeof said === 'string' && said !== '' ? said : JOB_ERRORS.TASK_FAILED,
    retryable: typeof retryable === 'boolean' ? retryable : true,
  }
}

/** A task's output after its journey through JSON. */
export function jsonOf(value: unknown): Json {
  if (value === undefined) return null
  let json: string | undefined
  try {
    json = JSON.stringify(value)
  } catch (error) {
    throw notJson((error as Error).message.split('\n', 1)[0]!)
  }
  if (json === undefined) throw notJson(`The task returned a ${typeof value}.`)
  return JSON.parse(json) as Json
}

function notJson(detail: string): Error {
  return Object.assign(new Error(`${JOB_ERRORS.OUTPUT_NOT_JSON} ${detail}`), {
    code: 'OUTPUT_NOT_JSON',
    retryable: false,
  })
}

/** Whether two JSON values say the same, in whichever order their properties stand. */
export function isSame(first: unknown, second: unknown): boolean {
  return JSON.stringify(sorted(first)) === JSON.stringify(sorted(second))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([name, part]) => [name, sorted(part)]))
}
