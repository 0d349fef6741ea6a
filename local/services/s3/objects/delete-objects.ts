import { AwsError, type AwsAnswer, type AwsCall } from '../../../wire/call.ts'
import type { Bucket } from '../storage/bucket.ts'
import { givenChecksums, verifyChecksums } from '../wire/checksums.ts'
import { decodeBody } from '../wire/chunked-body.ts'
import { requireDeleteConditions } from './conditions.ts'
import { accessDenied, invalidRequest } from '../wire/errors.ts'
import { MAX_KEYS_PER_DELETE } from '../wire/limits.ts'
import { childText, element, malformedXml, readXml, xmlAnswer, type XmlElement } from '../wire/xml.ts'

/** Deletes many objects. A key that the caller may not delete is an error in the list, and not one of the call. */
export function deleteObjects(bucket: Bucket, call: AwsCall, mayDelete: (key: string) => boolean): AwsAnswer {
  const { body, trailers } = decodeBody(call.body, call.headers)
  if (call.headers['content-md5'] === undefined && givenChecksums({ ...call.headers, ...trailers }).length === 0) {
    throw invalidRequest('Missing required header for this request: Content-MD5')
  }
  verifyChecksums(body, call.headers, trailers)
  const request = readXml(body, 'Delete')
  const objects = request.children.filter(({ name }) => name === 'Object')
  if (objects.length === 0 || objects.length > MAX_KEYS_PER_DELETE) throw malformedXml()
  const isQuiet = childText(request, 'Quiet') === 'true'
  const results = objects.map((object) => deleteOne(bucket, object, mayDelete))
  return xmlAnswer('DeleteResult', results.filter((result) => !isQuiet || result.startsWith('<Error>')).join(''))
}

function deleteOne(bucket: Bucket, object: XmlElement, mayDelete: (key: string) => boolean): string {
  const key = childText(object, 'Key')
  if (key === undefined || key === '') throw malformedXml()
  try {
    const version = childText(object, 'VersionId')
    if (version !== undefined && version !== 'null') {
      throw new AwsError('NoSuchVersion', 'The specified version does not exist.', 404)
    }
    if (!mayDelete(key)) throw accessDenied()
    requireDeleteConditions(bucket.head(key), childText(object, 'ETag'))
    bucket.delete(key)
    return `<Deleted>${element('Key', key)}</Deleted>`
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    return `<Error>${element('Key', key)}${element('Code', error.code)}${element('Message', error.message)}</Error>`
  }
}
