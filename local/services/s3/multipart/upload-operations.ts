import { createHash } from 'node:crypto'
import type { AwsAnswer, AwsCall } from '../../../wire/call.ts'
import { AwsError } from '../../../wire/call.ts'
import { etagOf, type Bucket } from '../storage/bucket.ts'
import {
  algorithmOf,
  badChecksum,
  checksumHeader,
  checksumOf,
  checksumType,
  givenChecksums,
} from '../wire/checksums.ts'
import { requireWriteConditions } from '../objects/conditions.ts'
import { invalidArgument, invalidRequest } from '../wire/errors.ts'
import { MAX_PART_NUMBER, MIN_PART_BYTES } from '../wire/limits.ts'
import { ENCRYPTION, keptHeaders, readBody, requireSize } from '../objects/objects.ts'
import { readCopyRange } from '../objects/range.ts'
import type { StoredObject } from '../storage/stored-object.ts'
import type { Upload, UploadedPart } from '../storage/uploads.ts'
import { headerText } from '../wire/header-text.ts'
import { childText, element, malformedXml, readXml, xmlAnswer, type XmlElement } from '../wire/xml.ts'

export function createUpload(bucket: Bucket, key: string, call: AwsCall): AwsAnswer {
  const chosen = headerText(call.headers, 'x-amz-checksum-algorithm')
  const header = checksumHeader(chosen ?? 'CRC32')
  const isWhole = ['CRC32', 'CRC32C', 'CRC64NVME'].includes(algorithmOf(header))
  const type =
    headerText(call.headers, 'x-amz-checksum-type') ??
    (algorithmOf(header) === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE')
  if (type === 'FULL_OBJECT' && !isWhole) {
    throw invalidRequest(
      `The FULL_OBJECT checksum type cannot be used with the ${algorithmOf(header)} checksum algorithm.`,
    )
  }
  const upload = bucket.uploads.start({
    key,
    headers: keptHeaders(call),
    checksumHeader: header,
    checksumIsChosen: chosen !== undefined,
    // Without a choice S3 makes a checksum of the whole object.
    compositeChecksum: chosen !== undefined && type === 'COMPOSITE',
  })
  const content = element('Bucket', bucket.name) + element('Key', key) + element('UploadId', upload.id)
  return xmlAnswer('InitiateMultipartUploadResult', content, {
    ...ENCRYPTION,
    ...(chosen === undefined ? {} : { 'x-amz-checksum-algorithm': algorithmOf(header), 'x-amz-checksum-type': type }),
  })
}

export function uploadPart(bucket: Bucket, key: string, call: AwsCall, nowMs: number): AwsAnswer {
  const upload = findUpload(bucket, key, call)
  const number = readPartNumber(call)
  const { body, checksums } = readBody(call)
  const [given] = Object.entries(checksums)
  if (upload.checksumIsChosen && givenChecksums(call.headers).length > 0 && given![0] !== upload.checksumHeader) {
    const [wanted, sent] = [upload.checksumHeader, given![0]].map((name) => algorithmOf(name).toLowerCase())
    throw invalidRequest(
      `Checksum Type mismatch occurred, expected checksum Type: ${wanted}, actual checksum Type: ${sent}`,
    )
  }
  const part = keepPart(upload, { number, body, lastModified: nowMs, checksum: checksums[upload.checksumHeader] })
  return { status: 200, headers: { etag: part.etag, ...ENCRYPTION, ...checksums }, body: '' }
}

export function uploadPartCopy(
  bucket: Bucket,
  key: string,
  call: AwsCall,
  { source, nowMs }: { readonly source: StoredObject; readonly nowMs: number },
): AwsAnswer {
  const upload = findUpload(bucket, key, call)
  const number = readPartNumber(call)
  const { first, last } = readCopyRange(headerText(call.headers, 'x-amz-copy-source-range'), source.head.size)
  const part = keepPart(upload, { number, body: source.body.subarray(first, last + 1), lastModified: nowMs })
  const content = element('LastModified', new Date(nowMs).toISOString()) + element('ETag', part.etag)
  return xmlAnswer('CopyPartResult', content, ENCRYPTION)
}

export function completeUpload(bucket: Bucket, key: string, call: AwsCall): AwsAnswer {
  const upload = findUpload(bucket, key, call)
  const parts = readPartList(call.body, upload)
  requireWriteConditions(key, bucket.head(key), call.headers)
  const body = Buffer.concat(parts.map((part) => part.body))
  requireSize(body.length)
  const checksum = upload.compositeChecksum ? compositeChecksum(upload, parts) : checksumOf(upload.checksumHeader, body)
  const expected = headerText(call.headers, upload.checksumHeader)
  if (expected !== undefined && expected !== checksum) throw badChecksum(upload.checksumHeader)
  const digests = createHash('md5')
  for (const part of parts) digests.update(Buffer.from(part.etag.slice(1, -1), 'hex'))
  const head = bucket.put({
    key,
    body,
    etag: `"${digests.digest('hex')}-${parts.length}"`,
    headers: upload.headers,
    checksums: { [upload.checksumHeader]: checksum },
    compositeChecksum: upload.compositeChecksum,
  })
  bucket.uploads.end(upload.id)
  const content =
    element('Location', `http://${call.headers.host}/${bucket.name}/${encodeURIComponent(key)}`) +
    element('Bucket', bucket.name) +
    element('Key', key) +
    element('ETag', head.etag) +
    element(`Checksum${algorithmOf(upload.checksumHeader)}`, checksum) +
    element('ChecksumType', checksumType(head))
  return xmlAnswer('CompleteMultipartUploadResult', content, ENCRYPTION)
}

export function abortUpload(bucket: Bucket, key: string, call: AwsCall): AwsAnswer {
  bucket.uploads.end(findUpload(bucket, key, call).id)
  return { status: 204, body: '' }
}

/** Finds the upload that a call names. */
export function findUpload(bucket: Bucket, key: string, { query }: Pick<AwsCall, 'query'>): Upload {
  return bucket.uploads.find(query.get('uploadId')!, key)
}

/** The checksum of the parts' checksums, with their number. */
function compositeChecksum({ checksumHeader: header }: Upload, parts: readonly UploadedPart[]): string {
  const checksums = Buffer.concat(parts.map(({ checksum }) => Buffer.from(checksum, 'base64')))
  return `${checksumOf(header, checksums)}-${parts.length}`
}

/** A part that came with the upload's checksum has it verified already. */
type NewPart = Pick<UploadedPart, 'number' | 'body' | 'lastModified'> & { readonly checksum?: string | undefined }

function keepPart(upload: Upload, { body, checksum, ...more }: NewPart): UploadedPart {
  const open = [...upload.parts.values()].filter(({ number }) => number !== more.number)
  requireSize(open.reduce((sum, part) => sum + part.body.length, body.length))
  const part = { ...more, body, etag: etagOf(body), checksum: checksum ?? checksumOf(upload.checksumHeader, body) }
  upload.parts.set(part.number, part)
  return part
}

function readPartNumber({ query }: AwsCall): number {
  const given = query.get('partNumber') ?? ''
  const number = Number(given)
  if (/^\d+$/.test(given) && number >= 1 && number <= MAX_PART_NUMBER) return number
  throw invalidArgument('partNumber', given, 'Part number must be an integer between 1 and 10000, inclusive')
}

/** Reads the parts that the caller counts, and finds each one. */
function readPartList(body: Buffer, upload: Upload): UploadedPart[] {
  const listed = readXml(body, 'CompleteMultipartUpload').children.filter(({ name }) => name === 'Part')
  if (listed.length === 0) throw malformedXml()
  const parts = listed.map((part) => findPart(part, upload))
  if (parts.some((part, index) => index > 0 && part.number <= parts[index - 1]!.number)) {
    const message = 'The list of parts was not in ascending order. Parts must be ordered by part number.'
    throw new AwsError('InvalidPartOrder', message, 400, { UploadId: upload.id })
  }
  const small = parts.slice(0, -1).find((part) => part.body.length < MIN_PART_BYTES)
  if (small !== undefined) {
    throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', 400, {
      ProposedSize: small.body.length,
      MinSizeAllowed: MIN_PART_BYTES,
      PartNumber: small.number,
      ETag: small.etag.slice(1, -1),
    })
  }
  return parts
}

function findPart(listed: XmlElement, upload: Upload): UploadedPart {
  const number = childText(listed, 'PartNumber')
  const etag = childText(listed, 'ETag')
  if (number === undefined || etag === undefined || !/^\d+$/.test(number)) throw malformedXml()
  const part = upload.parts.get(Number(number))
  const checksum = childText(listed, `Checksum${algorithmOf(upload.checksumHeader)}`)
  const isRight =
    part !== undefined &&
    part.etag.slice(1, -1) === etag.replaceAll('"', '') &&
    (checksum === undefined || checksum === part.checksum)
  if (isRight) return part
  throw new AwsError(
    'InvalidPart',
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    400,
    { UploadId: upload.id, PartNumber: number, ETag: etag.replaceAll('"', '') },
  )
}
