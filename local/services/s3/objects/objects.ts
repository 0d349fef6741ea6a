import type { AwsAnswer, AwsCall } from '../../../wire/call.ts'
import { AwsError } from '../../../wire/call.ts'
import type { Bucket } from '../storage/bucket.ts'
import { checksumType, verifyChecksums } from '../wire/checksums.ts'
import { contentEncoding, decodeBody } from '../wire/chunked-body.ts'
import { isUnchanged, readConditions, requireDeleteConditions, requireWriteConditions } from './conditions.ts'
import { noSuchKey } from '../wire/errors.ts'
import { MAX_OBJECT_BYTES } from '../wire/limits.ts'
import { readRange } from './range.ts'
import type { ObjectHead } from '../storage/stored-object.ts'
import { xmlAnswer } from '../wire/xml.ts'

/** Headers of a PUT that come back with every GET. */
const KEPT_HEADERS = ['content-type', 'cache-control', 'content-disposition', 'content-language', 'expires']

export const ENCRYPTION = { 'x-amz-server-side-encryption': 'AES256' }

export function putObject(bucket: Bucket, key: string, call: AwsCall): AwsAnswer {
  const { headers } = call
  const { body, checksums } = readBody(call)
  requireWriteConditions(key, bucket.head(key), headers)
  const head = bucket.put({ key, body, checksums, headers: keptHeaders(call) })
  return {
    status: 200,
    headers: { etag: head.etag, ...ENCRYPTION, ...checksumHeaders(head) },
    body: '',
  }
}

/** Reads the bytes of an upload, and checks them against what came with them. */
export function readBody({ headers, body: sent }: AwsCall): {
  readonly body: Buffer
  readonly checksums: Record<string, string>
} {
  const { body, trailers } = decodeBody(sent, headers)
  requireSize(body.length)
  return { body, checksums: verifyChecksums(body, headers, trailers) }
}

export function requireSize(bytes: number): void {
  if (bytes <= MAX_OBJECT_BYTES) return
  const message = `Your proposed upload exceeds the maximum allowed size. (The local cloud's own limit; AWS takes 5 GB.)`
  throw new AwsError('EntityTooLarge', message, 400, { ProposedSize: bytes, MaxSizeAllowed: MAX_OBJECT_BYTES })
}

/** Returns the headers of a new object that come back with it. */
export function keptHeaders({ headers }: AwsCall): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => KEPT_HEADERS.includes(name) || name.startsWith('x-amz-meta-'))
  const encoding = contentEncoding(headers)
  return {
    'content-type': 'binary/octet-stream',
    ...(Object.fromEntries(kept) as Record<string, string>),
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  }
}

function checksumHeaders(head: ObjectHead): Record<string, string> {
  return { ...head.checksums, 'x-amz-checksum-type': checksumType(head) }
}

/** Answers GetObject, and HeadObject, whose answer has the headers only. */
export function getObject(bucket: Bucket, key: string, call: AwsCall, nowMs: number): AwsAnswer {
  const head = bucket.head(key)
  if (head === undefined) throw noSuchKey(key)
  if (isUnchanged(head, readConditions(call.headers), nowMs)) {
    return { status: 304, headers: { etag: head.etag, 'last-modified': httpDate(head.lastModified) }, body: '' }
  }
  const range = readRange(call.headers.range, head.size)
  const { first, last } = range ?? { first: 0, last: head.size - 1 }
  const isHead = call.operation === 'HeadObject'
  return {
    status: range === undefined ? 200 : 206,
    headers: {
      ...objectHeaders(head, call, range !== undefined),
      ...(range === undefined ? {} : { 'content-range': `bytes ${first}-${last}/${head.size}` }),
      'content-length': String(last - first + 1),
    },
    body: isHead ? '' : bucket.get(key)!.body.subarray(first, last + 1),
  }
}

/** Objects have no tags here, because a put with tags is refused. Copies by the command line ask for them. */
export function getObjectTagging(bucket: Bucket, key: string): AwsAnswer {
  if (bucket.head(key) === undefined) throw noSuchKey(key)
  return xmlAnswer('Tagging', '<TagSet></TagSet>')
}

export function deleteObject(bucket: Bucket, key: string, { headers }: AwsCall): AwsAnswer {
  requireDeleteConditions(bucket.head(key), headers['if-match'])
  bucket.delete(key)
  return { status: 204, body: '' }
}

function httpDate(atMs: number): string {
  return new Date(atMs).toUTCString()
}

/** A checksum of the whole object would not fit a part of it. */
function objectHeaders(head: ObjectHead, { headers, query }: AwsCall, isPart: boolean): Record<string, string> {
  const wantsChecksum = headers['x-amz-checksum-mode'] === 'ENABLED' && !isPart
  const instead = [...query].flatMap(([name, value]): [string, string][] =>
    name.startsWith('response-') ? [[name.slice('response-'.length), value]] : [],
  )
  return {
    ...head.headers,
    etag: head.etag,
    'last-modified': httpDate(head.lastModified),
    'accept-ranges': 'bytes',
    ...ENCRYPTION,
    ...(wantsChecksum ? checksumHeaders(head) : {}),
    ...Object.fromEntries(instead),
  }
}
