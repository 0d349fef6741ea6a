/**
 * Every error that the platform returns, by its stable code.
 *
 * `status` is the HTTP status of the REST answer; over the socket only the code travels.
 * The sentence says what was wrong; the message of an actual error adds what to do about it.
 */
export const ERRORS = {
  INVALID_JSON: { status: 400, sentence: 'The body is not valid JSON.' },
  INVALID_REQUEST: { status: 400, sentence: 'A field is missing, unknown or of the wrong type.' },
  INVALID_ID: { status: 400, sentence: 'An id has 1 to 128 letters, digits and . _ : - only.' },
  INPUT_INVALID: { status: 400, sentence: "The input does not match the task's schema." },
  INVALID_CURSOR: { status: 400, sentence: 'The cursor does not belong to this list and these filters.' },
  UNKNOWN_TASK: { status: 400, sentence: 'This deployment has no task with that name.' },
  INVALID_SCHEDULE: { status: 400, sentence: 'The times of the schedule are not valid.' },
  INVALID_WEBHOOK: { status: 400, sentence: 'The webhook address is not allowed.' },
  UNAUTHENTICATED: {
    status: 401,
    sentence: 'The token is missing, not valid or expired: get a fresh token of this deployment.',
  },
  FORBIDDEN: { status: 403, sentence: 'The token does not allow this.' },
  JOB_NOT_FOUND: { status: 404, sentence: 'No job has that id, or it has expired.' },
  SCHEDULE_NOT_FOUND: { status: 404, sentence: 'No schedule has that name.' },
  UNKNOWN_ROUTE: { status: 404, sentence: 'There is no such route.' },
  METHOD_NOT_ALLOWED: { status: 405, sentence: 'The route exists, but not with this method.' },
  IDEMPOTENCY_CONFLICT: { status: 409, sentence: 'The id or key belongs to a job with another task or input.' },
  JOB_NOT_FINISHED: { status: 409, sentence: 'The job has not ended yet.' },
  ALREADY_FINISHED: { status: 409, sentence: 'The job has already ended, and its final state never changes.' },
  JOB_IS_QUEUED: { status: 409, sentence: 'A queue runs this job, so nobody else can publish its result.' },
  JOB_IS_EXTERNAL: { status: 409, sentence: 'No queue runs this job: another program publishes its result.' },
  SCHEDULE_EXISTS: { status: 409, sentence: 'Another schedule has that name.' },
  UNKNOWN_FRAME: { status: 400, sentence: 'There is no frame of that type.' },
  PAYLOAD_TOO_LARGE: { status: 413, sentence: 'The body or a payload is larger than its limit.' },
  THROTTLED: { status: 429, sentence: 'Too many requests; try again after a moment.' },
  INTERNAL: { status: 500, sentence: 'Something failed on our side. Search the logs for the request id.' },
  SCHEMA_FAILED: {
    status: 500,
    sentence: "The task's schema could not check the input: the cause is in the logs of the platform.",
  },
  UNAVAILABLE: {
    status: 503,
    sentence: 'A part of the platform did not answer; submitting the same id again is safe.',
  },
} as const

/**
 * A code of an error that the platform returns.
 *
 * @example
 * const missing = (code: ErrorCode) => code === 'JOB_NOT_FOUND'
 */
export type ErrorCode = keyof typeof ERRORS

/** An error as it travels, in a REST body under `error` and in an `error` frame. */
export interface WireError {
  readonly code: ErrorCode
  readonly message: string
  /** The field that was wrong, as a path like `jobs.3.task`. */
  readonly path?: string
}

/**
 * The codes that the platform itself gives a failed job. A task may fail with any code of its own.
 */
export const JOB_ERRORS = {
  TASK_FAILED: 'The task threw an error.',
  TASK_TIMEOUT: 'The task ran for longer than its timeout.',
  TIMEOUT_TOO_LONG: 'The lane cannot run the task for as long as its timeout.',
  INPUT_GONE: 'The stored input no longer exists.',
  OUTPUT_TOO_LARGE: 'The output is larger than the limit.',
  OUTPUT_NOT_JSON: 'The output cannot be written as JSON.',
  OUTPUT_INVALID: "The output does not match the task's schema.",
  EXPIRED: 'The job did not start in time.',
  WORKER_CRASHED: 'The worker crashed while it ran the job.',
  MESSAGE_NOT_SENT: "The job's message could not be put into its queue when it was due.",
  MESSAGE_UNREADABLE: "The job's message in the queue could not be read.",
} as const

/**
 * A code that the platform itself gives to a failed job.
 *
 * @example
 * const slow = (code: JobErrorCode) => code === 'TASK_TIMEOUT'
 */
export type JobErrorCode = keyof typeof JOB_ERRORS
