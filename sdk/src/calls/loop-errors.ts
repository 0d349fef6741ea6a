import { JobwireError } from '../api/errors.ts'

/** What was made where a frame came or a timer ran out tells of whoever reads the loop. */
export function withTraceFromHere(error: unknown): unknown {
  if (JobwireError.is(error)) Error.captureStackTrace?.(error)
  return error
}

/** A time limit of many jobs: its own words are of one answer. */
export function errorOfMany(error: JobwireError, message: string): JobwireError {
  return error.code === 'TIMEOUT' ? new JobwireError('TIMEOUT', message) : error
}

const OF_ONE_INPUT = ['INPUT_NOT_JSON', 'INPUT_INVALID', 'PAYLOAD_TOO_LARGE', 'INVALID_ID', 'IDEMPOTENCY_CONFLICT']

/** What is wrong with one input of many says with which. */
export function errorOfInput(error: unknown, index: number): JobwireError {
  if (!JobwireError.is(error) || !OF_ONE_INPUT.includes(error.code)) return error as JobwireError
  const { code, message, path, cause, jobId } = error
  return new JobwireError(code, `Input ${index}: ${message}`, { path, cause, jobId })
}
