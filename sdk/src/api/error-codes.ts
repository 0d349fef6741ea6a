import type { WireError } from '../../../protocol/kit/errors.ts'
import { JobwireError } from './errors.ts'

export function errorFromWire({ code, message, path }: WireError): JobwireError {
  return new JobwireError(code, message, { path })
}

/** The same error for one job: what befalls a whole frame befalls each job in it. */
export function errorOfJob(error: unknown, jobId: string): unknown {
  if (!JobwireError.is(error)) return error
  const { code, message, path, cause } = error
  return new JobwireError(code, message, { path, cause, jobId })
}

/** Codes after which the same request can succeed; ids make sending it again harmless. */
export function isTransientCode(code: string): boolean {
  return ['THROTTLED', 'UNAVAILABLE', 'INTERNAL', 'UNREACHABLE', 'TIMEOUT'].includes(code)
}

/** Codes that no further attempt with the same token and address can cure. */
export function isFinalCode(code: string): boolean {
  return ['UNAUTHENTICATED', 'FORBIDDEN', 'BAD_ANSWER'].includes(code)
}

export function clientClosedError(): JobwireError {
  return new JobwireError('CLIENT_CLOSED', 'The client is closed.')
}
