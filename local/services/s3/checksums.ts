import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { AwsError } from '../../wire/call.ts'
import { badDigest, notImplemented } from './errors.ts'

const CHECKSUM = 'x-amz-checksum-'
/** Reversed, as in the table-driven algorithm. */
const CRC32 = crcTable(0xedb88320)
const CRC32C = crcTable(0x82f63b78)

const ALGORITHMS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  [`${CHECKSUM}crc32`]: (body) => crc(body, CRC32),
  [`${CHECKSUM}crc32c`]: (body) => crc(body, CRC32C),
  [`${CHECKSUM}sha1`]: (body) => createHash('sha1').update(body).digest(),
  [`${CHECKSUM}sha256`]: (body) => createHash('sha256').update(body).digest(),
}

/**
 * Checks a body against every checksum that came with it, in headers or as trailers, and returns the ones to keep. If
 * none came, it makes one, as S3 does, so that SDKs have one to check downloads against.
 */
export function verifyChecksums(
  body: Buffer,
  headers: IncomingHttpHeaders,
  trailers: Readonly<Record<string, string>>,
): Record<string, string> {
  verifyMd5(body, headers)
  const given = { ...headers, ...trailers }
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    if (!name.startsWith(CHECKSUM) || typeof value !== 'string') continue
    const algorithm = Object.hasOwn(ALGORITHMS, name) ? ALGORITHMS[name] : undefined
    if (algorithm === undefined) throw notImplemented(`the checksum ${name}`)
    if (algorithm(body).toString('base64') !== value) throw badDigest(name)
    kept[name] = value
  }
  if (Object.keys(kept).length > 1) {
    throw new AwsError(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    )
  }
  if (Object.keys(kept).length === 0) kept[`${CHECKSUM}crc32`] = crc(body, CRC32).toString('base64')
  return kept
}

/** Every request that is not streamed has the whole body's hash in its signature. */
function verifyMd5(body: Buffer, headers: IncomingHttpHeaders): void {
  const md5 = headers['content-md5']
  if (md5 !== undefined && createHash('md5').update(body).digest('base64') !== md5) throw badDigest('Content-MD5')
  const sha256 = headers['x-amz-content-sha256']
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return
  if (createHash('sha256').update(body).digest('hex') !== sha256) {
    throw new AwsError(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    )
  }
}

function crcTable(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1
    return value
  })
}

function crc(body: Buffer, table: Uint32Array): Buffer {
  let value = 0xffffffff
  for (const byte of body) value = (value >>> 8) ^ table[(value ^ byte) & 0xff]!
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE((value ^ 0xffffffff) >>> 0)
  return bytes
}
