import { ERRORS, type WireError } from '../../../protocol/kit/errors.ts'
import { refuse } from '../../../protocol/kit/parsed.ts'

/** The names of the errors with which AWS services throttle a call. */
const THROTTLING: ReadonlySet<unknown> = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'SlowDown',
  'ThrottlingException',
  'TooManyRequestsException',
])

/**
 * Makes the refusal that a caller gets for an unexpected error. It tells nothing of the error; the request's id finds
 * that in the log.
 */
export function refuseForError(error: unknown, requestId: string): WireError {
  const isThrottled = THROTTLING.has((error as Error | undefined)?.name)
  if (isThrottled) return refuse('THROTTLED', ERRORS.THROTTLED.sentence).error
  return refuse('INTERNAL', `${ERRORS.INTERNAL.sentence} It is ${requestId}.`).error
}
