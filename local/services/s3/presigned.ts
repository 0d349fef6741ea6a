import type { Clock } from '../../clock.ts'
import { AwsError } from '../../wire/call.ts'
import { accessDenied } from './errors.ts'
import { MAX_PRESIGNED_SECONDS } from './limits.ts'

const PARAMETERS = ['Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders', 'Signature'].map(
  (name) => `X-Amz-${name}`,
)
const SKEW_MS = 15 * 60_000

export function isPresigned(query: URLSearchParams): boolean {
  return PARAMETERS.some((name) => query.has(name))
}

/**
 * Checks the time limits of a presigned URL. Interceptors have already checked the role of its credential. The
 * signature itself is not verified, here as elsewhere.
 */
export function verifyPresigned(query: URLSearchParams, clock: Clock): void {
  const missing = PARAMETERS.find((name) => !query.has(name))
  if (missing !== undefined) {
    throw invalidQuery(`Query-string authentication version 4 requires the ${missing} parameter.`)
  }
  const expires = Number(query.get('X-Amz-Expires'))
  if (!Number.isInteger(expires) || expires < 1 || expires > MAX_PRESIGNED_SECONDS) {
    throw invalidQuery(`X-Amz-Expires must be a number of seconds from 1 to ${MAX_PRESIGNED_SECONDS} (a week).`)
  }
  const signedAt = readDate(query.get('X-Amz-Date')!)
  if (signedAt === undefined) {
    throw invalidQuery("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
  }
  if (signedAt > clock.now() + SKEW_MS) throw accessDenied('Request is not valid yet')
  if (signedAt + expires * 1_000 <= clock.now()) throw accessDenied('Request has expired')
}

function readDate(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number)
  return Date.UTC(year!, month! - 1, day, hour, minute, second)
}

function invalidQuery(message: string): AwsError {
  return new AwsError('AuthorizationQueryParametersError', message)
}
