import type { ErrorCode, JobErrorCode, WireError } from '../../protocol/errors.ts'
import type { JobUpdate } from '../../protocol/job.ts'

/** The codes of errors that begin in the client; the platform's own are `ErrorCode`. */
export type ClientErrorCode =
  /** The client was closed, by `close()`. */
  | 'CLIENT_CLOSED'
  /** `timeout` passed before the job ended. The job goes on. */
  | 'RESULT_TIMEOUT'
  /** The `signal` was aborted; its reason is the `cause`. The job goes on. */
  | 'ABORTED'
  /** The input is something that JSON cannot carry. */
  | 'INPUT_NOT_JSON'
  /** An option or argument is unknown or of the wrong type. */
  | 'INVALID_OPTION'
  /** The token callback threw; what it threw is the `cause`. */
  | 'TOKEN_FAILED'
  /** No connection could be made. */
  | 'UNREACHABLE'
  /** The submit was sent again and again and never answered. Submitting the same id again is safe. */
  | 'NO_ANSWER'
  /** What answered does not speak this protocol: a wrong URL, or another version. */
  | 'BAD_ANSWER'

/** Every code that a `JobwireError` may have. A task may fail with any code of its own. */
export type JobwireErrorCode = ClientErrorCode | ErrorCode | JobErrorCode | 'JOB_CANCELLED' | (string & {})

// Symbol.for is shared by every copy of this package and every realm, which `instanceof` is not.
const BRAND = Symbol.for('jobwire.error')

/** What else an error may carry. */
export interface JobwireErrorDetails {
  readonly cause?: unknown
  readonly jobId?: string | undefined
  readonly path?: string | undefined
}

/**
 * Every error that this package throws or rejects with.
 *
 * @example
 * try {
 *   await job.result({ timeout: '2m' })
 * } catch (error) {
 *   if (JobwireError.is(error) && error.code === 'RESULT_TIMEOUT') return 'still running'
 *   throw error
 * }
 */
export class JobwireError extends Error {
  override readonly name: string = 'JobwireError'
  /** What went wrong, stable across versions. */
  readonly code: JobwireErrorCode
  /** The job that it is about, where there is one. */
  readonly jobId: string | undefined
  /** The field that the platform found wrong, like `jobs.3.task`. */
  readonly path: string | undefined

  constructor(code: JobwireErrorCode, message: string, details: JobwireErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.jobId = details.jobId
    this.path = details.path
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** True for any error of this package, of whichever copy or realm it comes from. */
  static is(value: unknown): value is JobwireError {
    return typeof value === 'object' && value !== null && BRAND in value
  }
}

/**
 * What `result` and `run` reject with when the job itself failed or was cancelled.
 *
 * @example
 * if (JobError.is(error)) console.error(error.code, error.message, error.retryable, error.job.attempts)
 */
export class JobError extends JobwireError {
  override readonly name = 'JobError'
  /** Whether another run could end otherwise. */
  readonly retryable: boolean
  /** The job's final state. */
  readonly job: JobUpdate

  constructor(job: JobUpdate) {
    const failure = job.error ?? { code: 'JOB_CANCELLED', message: 'The job was cancelled.', retryable: false }
    super(failure.code, failure.message, { jobId: job.id })
    this.retryable = failure.retryable
    this.job = job
  }

  static override is(value: unknown): value is JobError {
    return JobwireError.is(value) && 'job' in value
  }
}

export function fromWire({ code, message, path }: WireError): JobwireError {
  return new JobwireError(code, message, { path })
}

/** The same error for one job: what befalls a whole frame befalls each job in it. */
export function ofJob(error: unknown, jobId: string): unknown {
  if (!JobwireError.is(error)) return error
  const { code, message, path, cause } = error
  return new JobwireError(code, message, { path, cause, jobId })
}

/** Codes after which the same request can succeed; ids make sending it again harmless. */
export function isTransient(code: string): boolean {
  return code === 'THROTTLED' || code === 'UNAVAILABLE' || code === 'INTERNAL'
}

/** Codes that no further attempt with the same token and address can cure. */
export function isFinal(code: string): boolean {
  return code === 'UNAUTHENTICATED' || code === 'FORBIDDEN' || code === 'BAD_ANSWER'
}

export function clientClosed(): JobwireError {
  return new JobwireError('CLIENT_CLOSED', 'The client is closed: call connect() for a new one.')
}
