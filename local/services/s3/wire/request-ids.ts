import { randomBytes } from 'node:crypto'

/** Makes the two ids of an answer. S3 names them differently from all other services. */
export function requestIdHeaders(): Readonly<Record<'x-amz-request-id' | 'x-amz-id-2', string>> {
  return {
    'x-amz-request-id': randomBytes(8).toString('hex').toUpperCase(),
    'x-amz-id-2': randomBytes(56).toString('base64'),
  }
}
