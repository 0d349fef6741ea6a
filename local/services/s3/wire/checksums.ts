import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { AwsError } from '../../../wire/call.ts'
import { crc32, crc32c, crc64nvme } from './crc.ts'
import { invalidArgument, invalidRequest, notImplemented } from './errors.ts'

const CHECKSUM = 'x-amz-checksum-'
const NOT_DIGESTS = [`${CHECKSUM}mode`, `${CHECKSUM}type`, `${CHECKSUM}algorithm`]

const ALGORITHMS: Readonly<Record<string, { readonly bytes: number; digest(body: Buffer): Buffer }>> = {
  CRC32: { bytes: 4, digest: crc32 },
  CRC32C: { bytes: 4, digest: crc32c },
  CRC64NVME: { bytes: 8, digest: crc64nvme },
  SHA1: { bytes: 20, digest: (body) => createHash('sha1').update(body).digest() },
  SHA256: { bytes: 32, digest: (body) => createHash('sha256').update(body).digest() },
}

/** Returns the header of an algorithm like `CRC32`. Throws if there is no such algorithm. */
export function checksumHeader(algorithm: string): string {
  const name = algorithm.toUpperCase()
  if (Object.hasOwn(ALGORITHMS, name)) return CHECKSUM + name.toLowerCase()
  throw invalidRequest('Checksum algorithm provided is unsupported. Please try again with any of the valid types.')
}

export function algorithmOf(header: string): string {
  return header.slice(CHECKSUM.length).toUpperCase()
}

/** Computes the checksum that a header holds. */
export function checksumOf(header: string, body: Buffer): string {
  return ALGORITHMS[algorithmOf(header)]!.digest(body).toString('base64')
}

/**
 * Checks a body against every checksum that came with it, in headers or as trailers, and returns the one to keep. If
 * none came, it makes one, as S3 does, so that SDKs have one to check downloads against.
 */
export function verifyChecksums(
  body: Buffer,
  headers: IncomingHttpHeaders,
  trailers: Readonly<Record<string, string>>,
): Record<string, string> {
  verifyMd5(body, headers)
  verifyContentSha256(body, headers)
  const given = givenChecksums({ ...headers, ...trailers })
  if (given.length > 1) {
    throw invalidRequest('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.')
  }
  for (const [name, value] of given) {
    const algorithm = algorithmOf(name)
    if (!Object.hasOwn(ALGORITHMS, algorithm)) throw notImplemented(`the checksum ${name}`)
    requireDigest(name, value)
    if (checksumOf(name, body) === value) continue
    throw badChecksum(name)
  }
  const kept = Object.fromEntries(given)
  return given.length > 0 ? kept : { [`${CHECKSUM}crc32`]: checksumOf(`${CHECKSUM}crc32`, body) }
}

/** Returns the checksums among headers, without those that only say which one is meant. */
export function givenChecksums(headers: IncomingHttpHeaders): [header: string, value: string][] {
  return Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    name.startsWith(CHECKSUM) && !NOT_DIGESTS.includes(name) && typeof value === 'string' ? [[name, value]] : [],
  )
}

/** Makes the error for a checksum that is not the one of the bytes. */
export function badChecksum(header: string): AwsError {
  return new AwsError('BadDigest', `The ${algorithmOf(header)} you specified did not match the calculated checksum.`)
}

/** Says if a checksum is made of the checksums of parts. */
export function checksumType({ compositeChecksum }: { readonly compositeChecksum?: boolean }): string {
  return compositeChecksum === true ? 'COMPOSITE' : 'FULL_OBJECT'
}

function requireDigest(header: string, value: string): void {
  if (isBase64Of(value, ALGORITHMS[algorithmOf(header)]!.bytes)) return
  throw invalidRequest(`Value for ${header} header is invalid.`)
}

function verifyMd5(body: Buffer, headers: IncomingHttpHeaders): void {
  const given = headers['content-md5']
  if (given === undefined) return
  const md5 = String(given)
  if (!isBase64Of(md5, 16)) {
    throw new AwsError('InvalidDigest', 'The Content-MD5 you specified was invalid.', 400, { 'Content-MD5': md5 })
  }
  const computed = createHash('md5').update(body).digest('base64')
  if (computed === md5) return
  throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.', 400, {
    ExpectedDigest: md5,
    CalculatedDigest: computed,
  })
}

/** Every request that is not streamed has the whole body's hash in its signature. */
function verifyContentSha256(body: Buffer, headers: IncomingHttpHeaders): void {
  const sha256 = headers['x-amz-content-sha256']
  if (typeof sha256 !== 'string' || sha256 === 'UNSIGNED-PAYLOAD' || sha256.startsWith('STREAMING-')) return
  if (!/^[0-9a-f]{64}$/.test(sha256)) {
    throw invalidArgument(
      'x-amz-content-sha256',
      sha256,
      'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, ' +
        'STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.',
    )
  }
  const computed = createHash('sha256').update(body).digest('hex')
  if (computed === sha256) return
  throw new AwsError(
    'XAmzContentSHA256Mismatch',
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
    400,
    { ClientComputedContentSHA256: sha256, S3ComputedContentSHA256: computed },
  )
}

function isBase64Of(text: string, bytes: number): boolean {
  const decoded = Buffer.from(text, 'base64')
  return decoded.length === bytes && decoded.toString('base64') === text
}
