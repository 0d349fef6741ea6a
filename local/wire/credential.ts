import type { IncomingHttpHeaders } from 'node:http'

const CREDENTIAL = /^AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)\/[^/]*\/([^/]*)\/([^/]*)\/aws4_request/

/** Who signed a request, and for which service. */
export interface SigningCredential {
  readonly accessKeyId: string
  readonly region: string
  /** The signing name: `sqs`, `dynamodb`, … */
  readonly service: string
}

/** Reads the credential of a SigV4 signature. The signature itself is not verified: this is a laptop. */
export function readCredential(headers: IncomingHttpHeaders): SigningCredential | undefined {
  const match = CREDENTIAL.exec(headers.authorization ?? '')
  return match === null ? undefined : { accessKeyId: match[1]!, region: match[2]!, service: match[3]! }
}
