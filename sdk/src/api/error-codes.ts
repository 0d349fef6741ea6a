import type { WireError } from '../../../protocol/kit/errors.ts'
import { JobwireError } from './errors.ts'

export function errorFromWire({ code, message, path }: WireError): JobwireError {
  return new JobwireError(code, message, { path })
}

/** Makes the same error for one job: an error of a whole frame is the error of each job in it. */
export function errorOfJob(error: unknown, jobId: string): unknown {
  if (!JobwireError.is(error)) return error
  const { code, message, path, cause } = error
  return new JobwireError(code, message, { path, cause, jobId })
}

/** Returns true if the same request can succeed later. Ids make it harmless to send it again. */
export function isTransientCode(code: string): boolean {
  return ['THROTTLED', 'UNAVAILABLE', 'INTERNAL', 'UNREACHABLE', 'TIMEOUT'].includes(code)
}

/** Returns true if no further attempt with the same token and address can succeed. */
export function isFinalCode(code: string): boolean {
  return ['UNAUTHENTICATED', 'FORBIDDEN', 'BAD_ANSWER'].includes(code)
}

export function clientClosedError(): JobwireError {
  return new JobwireError('CLIENT_CLOSED', 'The client is closed.')
}
