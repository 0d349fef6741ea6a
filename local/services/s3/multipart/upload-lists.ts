import type { AwsAnswer, AwsCall } from '../../../wire/call.ts'
import type { Bucket } from '../storage/bucket.ts'
import { algorithmOf, checksumType } from '../wire/checksums.ts'
import { notImplemented } from '../wire/errors.ts'
import { nameEncoder, readLimit } from '../lists/list-objects.ts'
import { MAX_KEYS_PER_LIST } from '../wire/limits.ts'
import { findUpload } from './upload-operations.ts'
import type { Upload } from '../storage/uploads.ts'
import { element, optionalElement, xmlAnswer } from '../wire/xml.ts'

export function listParts(bucket: Bucket, key: string, call: AwsCall, ownerId: string): AwsAnswer {
  const { query } = call
  const upload = findUpload(bucket, key, call)
  const name = nameEncoder(query)
  const limit = readLimit(query, 'max-parts', MAX_KEYS_PER_LIST)
  const marker = query.get('part-number-marker') ? readLimit(query, 'part-number-marker', 0x7fffffff) : 0
  const left = [...upload.parts.values()]
    .filter(({ number }) => number > marker)
    .sort((one, other) => one.number - other.number)
  const page = left.slice(0, limit)
  const header = upload.checksumHeader
  const parts = page.map(
    ({ number, lastModified, etag, body, checksum }) =>
      `<Part>${element('PartNumber', number)}${element('LastModified', new Date(lastModified).toISOString())}` +
      `${element('ETag', etag)}${element('Size', body.length)}` +
      `${upload.checksumIsChosen ? element(`Checksum${algorithmOf(header)}`, checksum) : ''}</Part>`,
  )
  return xmlAnswer(
    'ListPartsResult',
    element('Bucket', bucket.name) +
      element('Key', name(key)) +
      element('UploadId', upload.id) +
      people(ownerId) +
      element('StorageClass', 'STANDARD') +
      element('PartNumberMarker', marker) +
      element('NextPartNumberMarker', page.at(-1)?.number ?? 0) +
      element('MaxParts', limit) +
      element('IsTruncated', page.length > 0 && left.length > page.length) +
      optionalElement('EncodingType', query.get('encoding-type')) +
      checksumKind(upload) +
      parts.join(''),
  )
}

export function listUploads(bucket: Bucket, query: URLSearchParams, ownerId: string): AwsAnswer {
  if (query.get('delimiter')) throw notImplemented('the query parameter delimiter of ListMultipartUploads')
  const name = nameEncoder(query)
  const limit = readLimit(query, 'max-uploads', MAX_KEYS_PER_LIST)
  const keyMarker = query.get('key-marker') ?? ''
  const idMarker = keyMarker === '' ? '' : (query.get('upload-id-marker') ?? '')
  const left = uploadsAfter(bucket.uploads.list(query.get('prefix') ?? ''), keyMarker, idMarker)
  const page = left.slice(0, limit)
  const last = page.at(-1)
  const isTruncated = last !== undefined && left.length > page.length
  const uploads = page.map(
    (upload) =>
      `<Upload>${element('Key', name(upload.key))}${element('UploadId', upload.id)}${people(ownerId)}` +
      `${element('StorageClass', 'STANDARD')}${element('Initiated', new Date(upload.initiatedAt).toISOString())}` +
      `${checksumKind(upload)}</Upload>`,
  )
  return xmlAnswer(
    'ListMultipartUploadsResult',
    element('Bucket', bucket.name) +
      element('KeyMarker', name(keyMarker)) +
      element('UploadIdMarker', idMarker) +
      (isTruncated ? element('NextKeyMarker', name(last.key)) + element('NextUploadIdMarker', last.id) : '') +
      optionalElement('Prefix', query.has('prefix') ? name(query.get('prefix')!) : undefined) +
      optionalElement('EncodingType', query.get('encoding-type')) +
      element('MaxUploads', limit) +
      element('IsTruncated', isTruncated) +
      uploads.join(''),
  )
}

/** Without the id of an upload, the list goes on behind all uploads of the key. */
function uploadsAfter(uploads: readonly Upload[], keyMarker: string, idMarker: string): readonly Upload[] {
  if (keyMarker === '') return uploads
  const listed = uploads.findIndex(({ key, id }) => key === keyMarker && id === idMarker)
  if (listed >= 0) return uploads.slice(listed + 1)
  return uploads.filter(({ key }) => Buffer.compare(Buffer.from(key), Buffer.from(keyMarker)) > 0)
}

function people(ownerId: string): string {
  const id = element('ID', ownerId)
  return `<Initiator>${id}</Initiator><Owner>${id}</Owner>`
}

function checksumKind(upload: Upload): string {
  if (!upload.checksumIsChosen) return ''
  return (
    element('ChecksumAlgorithm', algorithmOf(upload.checksumHeader)) + element('ChecksumType', checksumType(upload))
  )
}
