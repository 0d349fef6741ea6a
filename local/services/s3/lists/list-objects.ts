import { createHash } from 'node:crypto'
import type { AwsAnswer } from '../../../wire/call.ts'
import type { Bucket } from '../storage/bucket.ts'
import { algorithmOf, checksumType } from '../wire/checksums.ts'
import { invalidArgument } from '../wire/errors.ts'
import { MAX_KEYS_PER_LIST } from '../wire/limits.ts'
import type { ObjectHead } from '../storage/stored-object.ts'
import { element, optionalElement, xmlAnswer } from '../wire/xml.ts'

type Entry = { readonly key: string; readonly head: ObjectHead } | { readonly commonPrefix: string }

interface Position {
  readonly after: string
  /** The key or common prefix that the page before ended with. `start-after` is none: its group is listed. */
  readonly listed: string | undefined
  readonly limit: number
}

interface Page {
  readonly entries: readonly Entry[]
  /** The last key or common prefix, if more follow. */
  readonly next: string | undefined
}

/** Answers the first version of the operation, which continues behind a key. */
export function listObjects(bucket: Bucket, query: URLSearchParams, ownerId: string): AwsAnswer {
  const name = nameEncoder(query)
  const marker = query.get('marker') ?? ''
  const delimiter = query.get('delimiter') || undefined
  const limit = readLimit(query, 'max-keys', MAX_KEYS_PER_LIST)
  const { entries, next } = readPage(bucket, query, { after: marker, listed: marker, limit })
  return xmlAnswer(
    'ListBucketResult',
    element('Name', bucket.name) +
      element('Prefix', name(query.get('prefix') ?? '')) +
      element('Marker', name(marker)) +
      // Without a delimiter the last key is the next marker.
      optionalElement('NextMarker', next === undefined || delimiter === undefined ? undefined : name(next)) +
      optionalElement('Delimiter', delimiter && name(delimiter)) +
      element('MaxKeys', limit) +
      optionalElement('EncodingType', query.get('encoding-type')) +
      element('IsTruncated', next !== undefined) +
      entries.map((entry) => entryXml(entry, name, ownerId)).join(''),
  )
}

export function listObjectsV2(bucket: Bucket, query: URLSearchParams, ownerId: string): AwsAnswer {
  const listType = query.get('list-type')!
  if (listType !== '2') throw invalidArgument('list-type', listType, 'Invalid List Type specified in Request')
  const name = nameEncoder(query)
  const token = query.get('continuation-token')
  const startAfter = query.get('start-after')
  const delimiter = query.get('delimiter') || undefined
  const limit = readLimit(query, 'max-keys', MAX_KEYS_PER_LIST)
  const listed = token === null ? undefined : readToken(token)
  const { entries, next } = readPage(bucket, query, { after: listed ?? startAfter ?? '', listed, limit })
  const owner = query.get('fetch-owner') === 'true' ? ownerId : undefined
  return xmlAnswer(
    'ListBucketResult',
    element('Name', bucket.name) +
      element('Prefix', name(query.get('prefix') ?? '')) +
      optionalElement('Delimiter', delimiter && name(delimiter)) +
      optionalElement('StartAfter', startAfter && name(startAfter)) +
      optionalElement('ContinuationToken', token) +
      optionalElement('NextContinuationToken', next === undefined ? undefined : writeToken(next)) +
      element('KeyCount', entries.length) +
      element('MaxKeys', limit) +
      optionalElement('EncodingType', query.get('encoding-type')) +
      element('IsTruncated', next !== undefined) +
      entries.map((entry) => entryXml(entry, name, owner)).join(''),
  )
}

function readPage(bucket: Bucket, query: URLSearchParams, { after, listed, limit }: Position): Page {
  const prefix = query.get('prefix') ?? ''
  const found = groupByPrefix(bucket.list(prefix, after), { prefix, delimiter: query.get('delimiter') ?? '', listed })
  const entries = found.slice(0, limit)
  const last = entries.at(-1)
  const isTruncated = last !== undefined && found.length > entries.length
  return { entries, next: isTruncated ? ('key' in last ? last.key : last.commonPrefix) : undefined }
}

/** Puts the keys that share their part up to the delimiter into one common prefix. */
function groupByPrefix(
  heads: readonly ObjectHead[],
  { prefix, delimiter, listed }: { prefix: string; delimiter: string } & Pick<Position, 'listed'>,
): Entry[] {
  const entries: Entry[] = []
  let latest: string | undefined
  for (const head of heads) {
    const end = delimiter === '' ? -1 : head.key.indexOf(delimiter, prefix.length)
    if (end < 0) {
      entries.push({ key: head.key, head })
      continue
    }
    const commonPrefix = head.key.slice(0, end + delimiter.length)
    if (commonPrefix === latest || commonPrefix === listed) continue
    latest = commonPrefix
    entries.push({ commonPrefix })
  }
  return entries
}

function entryXml(entry: Entry, name: (text: string) => string, ownerId: string | undefined): string {
  if ('commonPrefix' in entry) return `<CommonPrefixes>${element('Prefix', name(entry.commonPrefix))}</CommonPrefixes>`
  const { key, size, etag, lastModified, checksums } = entry.head
  const content =
    element('Key', name(key)) +
    element('LastModified', new Date(lastModified).toISOString()) +
    element('ETag', etag) +
    Object.keys(checksums)
      .map((header) => element('ChecksumAlgorithm', algorithmOf(header)))
      .join('') +
    element('ChecksumType', checksumType(entry.head)) +
    element('Size', size) +
    element('StorageClass', 'STANDARD') +
    (ownerId === undefined ? '' : `<Owner>${element('ID', ownerId)}</Owner>`)
  return `<Contents>${content}</Contents>`
}

/** Returns the function that writes keys into a list, as its `encoding-type` asks. */
export function nameEncoder(query: URLSearchParams): (text: string) => string {
  const encoding = query.get('encoding-type')
  if (encoding === null || encoding === '') return (text) => text
  if (encoding === 'url') return encodeName
  throw invalidArgument('encoding-type', encoding, 'Invalid Encoding Method specified in Request')
}

/** Encodes as S3 does: a space becomes `+`, and the slashes stay. */
function encodeName(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/')
    .replaceAll(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

export function readLimit(query: URLSearchParams, parameter: string, most: number): number {
  const given = query.get(parameter) ?? ''
  if (given === '') return most
  const limit = Number(given)
  if (!/^-?\d+$/.test(given)) {
    throw invalidArgument(parameter, given, `Provided ${parameter} not an integer or within integer range`)
  }
  if (limit < 0 || limit > 0x7fffffff) {
    throw invalidArgument(parameter, given, `Argument ${parameter} must be an integer between 0 and 2147483647`)
  }
  return Math.min(limit, most)
}

const DIGEST_BYTES = 6

/** Tokens carry a digest, so that one that no list returned is found out. */
export function writeToken(after: string): string {
  return Buffer.concat([tokenDigest(after), Buffer.from(after)]).toString('base64url')
}

export function readToken(token: string): string {
  const bytes = Buffer.from(token, 'base64url')
  const after = bytes.toString('utf8', DIGEST_BYTES)
  if (bytes.length > DIGEST_BYTES && writeToken(after) === token) return after
  throw invalidArgument('continuation-token', token, 'The continuation token provided is incorrect')
}

function tokenDigest(after: string): Buffer {
  return createHash('sha256').update(`list after ${after}`).digest().subarray(0, DIGEST_BYTES)
}
