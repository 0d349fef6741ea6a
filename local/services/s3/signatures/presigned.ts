import type { Clock } from '../../../clock.ts'
import { AwsError } from '../../../wire/call.ts'
import { accessDenied } from '../wire/errors.ts'
import type { KnownSecrets } from './known-secrets.ts'
import { MAX_PRESIGNED_SECONDS } from '../wire/limits.ts'
import {
  queryVersion2,
  queryVersion4,
  VERSION_2_PARAMETERS,
  VERSION_4_PARAMETERS,
  type SignatureCheck,
  type SignedRequest,
} from './signatures.ts'

const SKEW_MS = 15 * 60_000

export function isPresigned(query: URLSearchParams): boolean {
  return isVersion4(query) || VERSION_2_PARAMETERS.some((name) => query.has(name))
}

/**
 * Checks the time limits and the signature of a presigned URL. IAM has already checked the role of its credential.
 * `bucketPath` is the path with the bucket in front, which version 2 signs wherever the bucket is in the address.
 */
export function verifyPresigned(
  request: SignedRequest,
  bucketPath: string,
  { secrets, clock }: { readonly secrets: KnownSecrets; readonly clock: Clock },
): void {
  const { query } = request
  if (isVersion4(query)) {
    verifyTimes(query, clock)
    requireSignedHeaders(request)
    verifySignature(secrets, query.get('X-Amz-Credential')!.split('/')[0]!, queryVersion4(request))
  } else {
    verifyExpiry(query, clock)
    verifySignature(secrets, query.get('AWSAccessKeyId')!, queryVersion2({ ...request, path: bucketPath }))
  }
}

function isVersion4(query: URLSearchParams): boolean {
  return VERSION_4_PARAMETERS.some((name) => query.has(name))
}

function verifySignature(secrets: KnownSecrets, accessKeyId: string, check: SignatureCheck): void {
  if (secrets.accepts(accessKeyId, check)) return
  throw new AwsError(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    403,
    { AWSAccessKeyId: accessKeyId },
  )
}

function verifyTimes(query: URLSearchParams, clock: Clock): void {
  const missing = VERSION_4_PARAMETERS.find((name) => !query.has(name))
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
  requireTime(signedAt + expires * 1_000, clock)
}

/** Version 2 names the second of its end. */
function verifyExpiry(query: URLSearchParams, clock: Clock): void {
  const missing = VERSION_2_PARAMETERS.find((name) => !query.has(name))
  if (missing !== undefined) {
    throw accessDenied('Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters')
  }
  const expires = Number(query.get('Expires'))
  if (!Number.isInteger(expires))
    throw accessDenied(`Invalid date (should be seconds since epoch): ${query.get('Expires')}`)
  requireTime(expires * 1_000, clock)
}

function requireTime(endsAt: number, clock: Clock): void {
  const now = clock.now()
  if (now < endsAt) return
  throw accessDenied('Request has expired', {
    Expires: new Date(endsAt).toISOString(),
    ServerTime: new Date(now).toISOString(),
  })
}

/** A header of S3's own that is not signed could change what the signer allowed. */
function requireSignedHeaders({ headers, query }: SignedRequest): void {
  const signed = query.get('X-Amz-SignedHeaders')!.split(';')
  const unsigned = Object.keys(headers).filter(
    (name) => name.startsWith('x-amz-') && name !== 'x-amz-content-sha256' && !signed.includes(name),
  )
  if (unsigned.length === 0) return
  throw accessDenied('There were headers present in the request which were not signed', {
    HeadersNotSigned: unsigned.join(', '),
  })
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
