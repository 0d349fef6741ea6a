import type { AwsAnswer, AwsCall } from '../../wire/call.ts'
import { AwsError } from '../../wire/call.ts'
import type { Bucket } from './bucket.ts'
import { verifyChecksums } from './checksums.ts'
import { contentEncoding, decodeBody } from './chunked-body.ts'
import { noSuchKey } from './errors.ts'
import { MAX_KEYS_PER_LIST, MAX_OBJECT_BYTES } from './limits.ts'
import type { ObjectHead } from './stored-object.ts'
import { element, xmlDocument } from './xml.ts'

/** Headers of a PUT that come back with every GET. */
const KEPT_HEADERS = ['content-type', 'cache-control', 'content-disposition', 'content-language', 'expires']

export function putObject(bucket: Bucket, key: string, { headers, body: sent }: AwsCall): AwsAnswer {
  const { body, trailers } = decodeBody(sent, headers)
  if (body.length > MAX_OBJECT_BYTES) throw objectTooLarge(body.length)
  const checksums = verifyChecksums(body, headers, trailers)
  const ifNoneMatch = headers['if-none-match']
  if (ifNoneMatch !== undefined && bucket.head(key) !== undefined) throw preconditionFailed('If-None-Match')
  const kept = Object.entries(headers).filter(([name]) => KEPT_HEADERS.includes(name) || name.startsWith('x-amz-meta-'))
  const encoding = contentEncoding(headers)
  const head = bucket.put({
    key,
    body,
    checksums,
    headers: {
      'content-type': 'binary/octet-stream',
      ...(Object.fromEntries(kept) as Record<string, string>),
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    },
  })
  const answered = { etag: head.etag, 'x-amz-server-side-encryption': 'AES256', ...checksums, ...TYPE_OF_CHECKSUM }
  return { status: 200, headers: answered, body: '' }
}

/** Every object arrives in one part, so a checksum covers the whole object. */
const TYPE_OF_CHECKSUM = { 'x-amz-checksum-type': 'FULL_OBJECT' }

export function getObject(bucket: Bucket, key: string, call: AwsCall): AwsAnswer {
  const object = bucket.get(key)
  if (object === undefined) throw noSuchKey(key)
  const { head, body } = object
  requireMatch(head, call)
  const range = readRange(call.headers.range, head.size)
  if (range === undefined) {
    return { status: 200, headers: { ...headersOf(head, call), 'content-length': String(head.size) }, body }
  }
  const { 'x-amz-checksum-type': _type, ...headers } = headersOf(head, call)
  // A checksum of the whole object would not fit the part.
  for (const name of Object.keys(head.checksums)) delete headers[name]
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${range.first}-${range.last}/${head.size}` },
    body: body.subarray(range.first, range.last + 1),
  }
}

export function headObject(bucket: Bucket, key: string, call: AwsCall): AwsAnswer {
  const head = bucket.head(key)
  if (head === undefined) throw noSuchKey(key)
  requireMatch(head, call)
  return { status: 200, headers: { ...headersOf(head, call), 'content-length': String(head.size) }, body: '' }
}

export function deleteObject(bucket: Bucket, key: string): AwsAnswer {
  bucket.delete(key)
  return { status: 204, body: '' }
}

export function listObjects(bucket: Bucket, query: URLSearchParams): AwsAnswer {
  const prefix = query.get('prefix') ?? ''
  const limit = readLimit(query.get('max-keys'))
  const token = query.get('continuation-token')
  const after = token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64url').toString()
  const found = bucket.list(prefix, after)
  const page = found.slice(0, limit)
  const truncated = page.length > 0 && found.length > page.length
  const name = (text: string): string => (query.get('encoding-type') === 'url' ? encodeURIComponent(text) : text)
  const contents = page.map(
    ({ key, size, etag, lastModified }) =>
      `<Contents>${element('Key', name(key))}${element('LastModified', new Date(lastModified).toISOString())}` +
      `${element('ETag', etag)}${element('Size', size)}${element('StorageClass', 'STANDARD')}</Contents>`,
  )
  const next = truncated ? element('NextContinuationToken', Buffer.from(page.at(-1)!.key).toString('base64url')) : ''
  const encoding = query.has('encoding-type') ? element('EncodingType', 'url') : ''
  const result =
    element('Name', bucket.name) +
    element('Prefix', name(prefix)) +
    element('KeyCount', page.length) +
    element('MaxKeys', limit) +
    element('IsTruncated', truncated)
  const body = xmlDocument(
    `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${result}${encoding}${next}${contents.join('')}</ListBucketResult>`,
  )
  return { status: 200, headers: { 'content-type': 'application/xml' }, body }
}

function headersOf(head: ObjectHead, { headers }: AwsCall): Record<string, string> {
  const checked = headers['x-amz-checksum-mode'] === 'ENABLED'
  return {
    ...head.headers,
    etag: head.etag,
    'last-modified': new Date(head.lastModified).toUTCString(),
    'accept-ranges': 'bytes',
    'x-amz-server-side-encryption': 'AES256',
    ...(checked ? { ...head.checksums, ...TYPE_OF_CHECKSUM } : {}),
  }
}

function requireMatch({ etag }: ObjectHead, { headers }: AwsCall): void {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== etag) throw preconditionFailed('If-Match')
  if (ifNoneMatch === etag || ifNoneMatch === '*') throw new AwsError('NotModified', 'Not Modified', 304)
}

/** Reads `bytes=0-99`, `bytes=100-` or `bytes=-50`. Any other form is ignored, as by AWS. */
function readRange(range: string | undefined, size: number): { first: number; last: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(range ?? '')
  if (match === null || (match[1] === '' && match[2] === '')) return undefined
  const first = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1])
  const last = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1)
  if (first > last) throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416)
  return { first, last }
}

function readLimit(maxKeys: string | null): number {
  const limit = Number(maxKeys ?? MAX_KEYS_PER_LIST)
  if (!Number.isInteger(limit) || limit < 0) {
    throw new AwsError('InvalidArgument', 'Provided max-keys not an integer or within integer range')
  }
  return Math.min(limit, MAX_KEYS_PER_LIST)
}

function preconditionFailed(condition: string): AwsError {
  const message = 'At least one of the pre-conditions you specified did not hold'
  return new AwsError('PreconditionFailed', message, 412, { Condition: condition })
}

function objectTooLarge(bytes: number): AwsError {
  const message = `Your proposed upload exceeds the maximum allowed size. (The local cloud's own limit; AWS takes 5 GB.)`
  return new AwsError('EntityTooLarge', message, 400, { ProposedSize: bytes, MaxSizeAllowed: MAX_OBJECT_BYTES })
}
