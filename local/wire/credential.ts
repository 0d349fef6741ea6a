import type { IncomingHttpHeaders } from 'node:http'

const SCOPE = '([^/,\\s]+)/[^/]*/([^/]*)/([^/]*)/aws4_request'
const IN_HEADER = new RegExp(`^AWS4-HMAC-SHA256\\s+Credential=${SCOPE}`)
const IN_QUERY = new RegExp(`^${SCOPE}$`)

/** The signer of a request, and the service it is for. */
export interface SigningCredential {
  readonly accessKeyId: string
  readonly region: string
  /** The signing name: `sqs`, `dynamodb`, … */
  readonly service: string
}

/**
 * Reads the credential of a SigV4 signature, from the header or from the query of a presigned URL, which may be of S3's
 * version 2 too. The signature itself is verified only by S3, and only of presigned URLs: this is a laptop.
 */
export function readCredential(headers: IncomingHttpHeaders, query?: URLSearchParams): SigningCredential | undefined {
  const match = IN_HEADER.exec(headers.authorization ?? '') ?? IN_QUERY.exec(query?.get('X-Amz-Credential') ?? '')
  if (match !== null) return { accessKeyId: match[1]!, region: match[2]!, service: match[3]! }
  const accessKeyId = query?.get('AWSAccessKeyId') ?? undefined
  return accessKeyId === undefined || !query!.has('Signature') ? undefined : { accessKeyId, region: '', service: 's3' }
}
