import { JobwireError } from '../api/errors.ts'

/** Gives an error the stack of the loop that reads it. It was made where a frame arrived or a timer ran out. */
export function withTraceFromHere(error: unknown): unknown {
  if (JobwireError.is(error)) Error.captureStackTrace?.(error)
  return error
}

/** Replaces the message of a TIMEOUT, which speaks of one answer, for a call that waits for many jobs. */
export function errorOfMany(error: JobwireError, message: string): JobwireError {
  return error.code === 'TIMEOUT' ? new JobwireError('TIMEOUT', message) : error
}

const OF_ONE_INPUT = ['INPUT_NOT_JSON', 'INPUT_INVALID', 'PAYLOAD_TOO_LARGE', 'INVALID_ID', 'IDEMPOTENCY_CONFLICT']

/** Names the input in an error that is about one of many. */
export function errorOfInput(error: unknown, index: number): JobwireError {
  if (!JobwireError.is(error) || !OF_ONE_INPUT.includes(error.code)) return error as JobwireError
  const { code, message, path, cause, jobId } = error
  return new JobwireError(code, `Input ${index}: ${message}`, { path, cause, jobId })
}
