import { ERRORS, type WireError } from '../../../protocol/kit/errors.ts'
import { refuse } from '../../../protocol/kit/parsed.ts'

/** How AWS's services say that they had too much to do, by the names of their errors. */
const THROTTLING: ReadonlySet<unknown> = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'SlowDown',
  'ThrottlingException',
  'TooManyRequestsException',
])

/** What a caller is told of a fault of ours. The request's id finds it in the log; nothing of its inside is said. */
export function answerOfFault(error: unknown, requestId: string): WireError {
  const isThrottled = THROTTLING.has((error as Error | undefined)?.name)
  if (isThrottled) return refuse('THROTTLED', ERRORS.THROTTLED.sentence).error
  return refuse('INTERNAL', `${ERRORS.INTERNAL.sentence} It is ${requestId}.`).error
}
