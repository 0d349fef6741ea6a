import type { AwsAnswer, AwsCall } from '../../../wire/call.ts'
import type { Bucket } from '../storage/bucket.ts'
import { algorithmOf, checksumHeader, checksumOf, checksumType } from '../wire/checksums.ts'
import { isUnchanged, readConditions, requireWriteConditions } from './conditions.ts'
import { invalidArgument, invalidRequest, preconditionFailed } from '../wire/errors.ts'
import { ENCRYPTION, keptHeaders } from './objects.ts'
import type { ObjectHead, StoredObject } from '../storage/stored-object.ts'
import { element, xmlAnswer } from '../wire/xml.ts'

/** Writes a copy of an object, with its headers or with new ones. */
export function copyObject(bucket: Bucket, key: string, call: AwsCall, source: StoredObject): AwsAnswer {
  const { headers } = call
  const directive = String(headers['x-amz-metadata-directive'] ?? 'COPY')
  if (directive !== 'COPY' && directive !== 'REPLACE') {
    throw invalidArgument('x-amz-metadata-directive', directive, 'Unknown metadata directive.')
  }
  if (directive === 'COPY' && bucket.head(key) === source.head) {
    throw invalidRequest(
      'This copy request is illegal because it is trying to copy an object to itself without changing the ' +
        "object's metadata, storage class, website redirect location or encryption attributes.",
    )
  }
  requireWriteConditions(key, bucket.head(key), headers)
  const algorithm = headers['x-amz-checksum-algorithm']
  const [kept] = Object.keys(source.head.checksums)
  const header = algorithm === undefined ? kept! : checksumHeader(String(algorithm))
  const head = bucket.put({
    key,
    body: source.body,
    headers: directive === 'COPY' ? source.head.headers : keptHeaders(call),
    checksums: { [header]: checksumOf(header, source.body) },
  })
  const content =
    element('LastModified', new Date(head.lastModified).toISOString()) +
    element('ETag', head.etag) +
    element(`Checksum${algorithmOf(header)}`, head.checksums[header]!) +
    element('ChecksumType', checksumType(head))
  return xmlAnswer('CopyObjectResult', content, ENCRYPTION)
}

/** Throws if the conditions of a copy on its source do not hold. */
export function requireCopyConditions(head: ObjectHead, { headers }: AwsCall, nowMs: number): void {
  const conditions = readConditions(headers, 'x-amz-copy-source-')
  if (!isUnchanged(head, conditions, nowMs)) return
  throw preconditionFailed(
    conditions.ifNoneMatch === undefined ? 'x-amz-copy-source-If-Modified-Since' : 'x-amz-copy-source-If-None-Match',
  )
}
