import type { ErrorCode, JobErrorCode } from '../../../protocol/kit/errors.ts'
import type { JobRecord, JobUpdate } from '../../../protocol/job/job.ts'

/**
 * The codes of errors that begin in the client. `ErrorCode` has those of the platform.
 *
 * @example
 * const patient = (code: ClientErrorCode) => code === 'RESULT_TIMEOUT'
 */
export type ClientErrorCode =
  /** The client was closed, by `close()`. */
  | 'CLIENT_CLOSED'
  /** `timeout` passed before the job ended. The job goes on. */
  | 'RESULT_TIMEOUT'
  /** `timeout` passed before the platform answered. */
  | 'TIMEOUT'
  /** The `signal` was aborted; its reason is the `cause`. The job goes on. */
  | 'ABORTED'
  /** The input cannot be written as JSON. */
  | 'INPUT_NOT_JSON'
  /** An option or argument is unknown or of the wrong type. */
  | 'INVALID_OPTION'
  /** The token callback threw; what it threw is the `cause`. */
  | 'TOKEN_FAILED'
  /** No connection could be made. */
  | 'UNREACHABLE'
  /** The submit was sent several times and never answered. Submitting the same id again is safe. */
  | 'NO_ANSWER'
  /** The answer is not of this protocol: the URL is wrong, or the deployment has another version. */
  | 'BAD_ANSWER'

/**
 * Every code that a `JobwireError` may have. A task may fail with any code of its own.
 *
 * @example
 * const later = new Set<JobwireErrorCode>(['THROTTLED', 'UNAVAILABLE', 'UNREACHABLE'])
 */
export type JobwireErrorCode = ClientErrorCode | ErrorCode | JobErrorCode | 'JOB_CANCELLED' | (string & {})

// Symbol.for is shared by every copy of this package and every realm, which `instanceof` is not.
const BRAND = Symbol.for('jobwire.error')

/** The optional parts of an error. */
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
  /** The code of the error, stable across versions. */
  readonly code: JobwireErrorCode
  /** The id of the job that the error is about, if there is one. */
  readonly jobId: string | undefined
  /** The field that is wrong, like `jobs.3.task`. */
  readonly path: string | undefined

  constructor(code: JobwireErrorCode, message: string, details: JobwireErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : details)
    this.code = code
    this.jobId = details.jobId
    this.path = details.path
  }

  /**
   * Returns true for any error of this package, whatever copy or realm it comes from. With codes, only for an error with
   * one of them.
   */
  static is<Code extends JobwireErrorCode = JobwireErrorCode>(
    value: unknown,
    ...codes: Code[]
  ): value is JobwireError & { readonly code: Code } {
    const error = value as { [BRAND]?: true; code: Code } | null | undefined
    return error?.[BRAND] === true && (codes.length === 0 || codes.includes(error.code))
  }
}

// Not in the class: a member would be in the types, of which ESM and CommonJS have one copy each.
;(JobwireError.prototype as { [BRAND]?: true })[BRAND] = true

/**
 * The error of `result` and `run` when the job itself failed or was cancelled.
 *
 * @example
 * if (JobError.is(error, 'TASK_FAILED')) console.error(error.message, error.retryable, error.job.task, error.job.input)
 */
export class JobError extends JobwireError {
  override readonly name = 'JobError'
  /** True if another run could succeed. */
  readonly retryable: boolean
  /** The record of the job. An input of over 8 KB is left out, and `inputOmitted` is true: `jobs.get` returns it. */
  readonly job: JobRecord

  constructor(job: JobUpdate) {
    const failure = job.error ?? { code: 'JOB_CANCELLED', message: 'The job was cancelled.', retryable: false }
    super(failure.code, failure.message, { jobId: job.id })
    this.retryable = failure.retryable
    // The update of a failed or cancelled job is its record.
    this.job = job as JobRecord
  }

  static override is<Code extends JobwireErrorCode = JobwireErrorCode>(
    value: unknown,
    ...codes: Code[]
  ): value is JobError & { readonly code: Code } {
    return JobwireError.is(value, ...codes) && 'job' in value
  }
}
