import { createHmac, createHash, timingSafeEqual } from 'node:crypto'
import type { AwsCall } from '../../../wire/call.ts'
import { decodePathPart } from '../../../wire/decode-path-part.ts'

/** The parts of a request that a signature covers. */
export type SignedRequest = Pick<AwsCall, 'method' | 'path' | 'query' | 'headers'>

/** Returns true if a request's signature is the one that this secret makes. */
export type SignatureCheck = (secret: string) => boolean

export const VERSION_4_PARAMETERS = ['Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders', 'Signature'].map(
  (name) => `X-Amz-${name}`,
)
/** boto3 makes this older form unless it is told another, in all regions. */
export const VERSION_2_PARAMETERS = ['AWSAccessKeyId', 'Signature', 'Expires']

const IN_SIGNATURES =
  /^(x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256|checksum-.*|sdk-checksum-algorithm)|awsaccesskeyid|signature|expires|content-type|content-md5)$/i

/** Returns true for the query parameters that presigners write into an address. */
export function isSignatureParameter(name: string): boolean {
  return IN_SIGNATURES.test(name)
}

/** Checks version 4 in the query, whose body is not signed unless the address says so. */
export function queryVersion4(request: SignedRequest): SignatureCheck {
  const { query, headers } = request
  const [, ...scope] = query.get('X-Amz-Credential')!.split('/')
  const payload = query.get('X-Amz-Content-Sha256') ?? headers['x-amz-content-sha256']
  return version4(request, {
    scope,
    date: query.get('X-Amz-Date')!,
    signedHeaders: query.get('X-Amz-SignedHeaders')!.split(';'),
    payload: String(payload ?? 'UNSIGNED-PAYLOAD'),
    signature: query.get('X-Amz-Signature')!,
  })
}

const IN_HEADER = /^AWS4-HMAC-SHA256\s+Credential=[^/,\s]+\/([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=(\w+)$/

/** Checks version 4 in the `Authorization` header. */
export function headerVersion4(request: SignedRequest): SignatureCheck {
  const { headers } = request
  const match = IN_HEADER.exec(headers.authorization ?? '')
  if (match === null) return () => false
  const [, scope, signedHeaders, signature] = match
  return version4(request, {
    scope: scope!.split('/'),
    date: String(headers['x-amz-date']),
    signedHeaders: signedHeaders!.split(';'),
    payload: String(headers['x-amz-content-sha256']),
    signature: signature!,
  })
}

interface Version4 {
  /** The date, the region, the service and `aws4_request`. */
  readonly scope: readonly string[]
  readonly date: string
  readonly signedHeaders: readonly string[]
  readonly payload: string
  readonly signature: string
}

function version4(
  { method, path, query, headers }: SignedRequest,
  { scope, date, signedHeaders, payload, signature }: Version4,
): SignatureCheck {
  const parameters = [...query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
  const values = signedHeaders.map((name) => `${name}:${headerText(headers[name])}\n`)
  const canonical = [
    method,
    // Clients encode a path differently, and all sign it as AWS encodes it.
    path.split('/').map(decodePathPart).map(encode).join('/'),
    parameters.join('&'),
    values.join(''),
    signedHeaders.join(';'),
    payload,
  ].join('\n')
  const hash = createHash('sha256').update(canonical).digest('hex')
  const toSign = ['AWS4-HMAC-SHA256', date, scope.join('/'), hash].join('\n')
  return (secret) => {
    const key = scope.reduce<string | Buffer>((previous, part) => hmac('sha256', previous, part), `AWS4${secret}`)
    return isSame(hmac('sha256', key, toSign).toString('hex'), signature)
  }
}

/** The query parameters that replace headers of an answer. */
export const RESPONSE_HEADERS = [
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
]

const VERSION_2_RESOURCES = new Set([
  'acl',
  'cors',
  'delete',
  'lifecycle',
  'location',
  'logging',
  'notification',
  'partNumber',
  'policy',
  'requestPayment',
  'restore',
  'tagging',
  'torrent',
  'uploadId',
  'uploads',
  'versionId',
  'versioning',
  'versions',
  'website',
  ...RESPONSE_HEADERS,
])

/** Checks version 2 in the query. Signed headers are sent as such, or written into the address. */
export function queryVersion2({ method, path, query, headers }: SignedRequest): SignatureCheck {
  const given = (name: string): string => headerText(headers[name] ?? query.get(name) ?? '')
  const own = new Set([...Object.keys(headers), ...query.keys()].map((name) => name.toLowerCase()))
  const amzHeaders = [...own]
    .filter((name) => name.startsWith('x-amz-'))
    .sort()
    .map((name) => `${name}:${given(name)}\n`)
  const resources = [...query]
    .filter(([name]) => VERSION_2_RESOURCES.has(name))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
  const toSign =
    [method, given('content-md5'), given('content-type'), query.get('Expires'), ''].join('\n') +
    amzHeaders.join('') +
    // A bucket is signed with a slash behind its name.
    path.replace(/^\/[^/]+$/, '$&/') +
    (resources.length === 0 ? '' : `?${resources.join('&')}`)
  return (secret) => isSame(hmac('sha1', secret, toSign).toString('base64'), query.get('Signature')!)
}

function hmac(algorithm: 'sha1' | 'sha256', key: string | Buffer, text: string): Buffer {
  return createHmac(algorithm, key).update(text).digest()
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function headerText(value: string | readonly string[] | undefined): string {
  return [value ?? '']
    .flat()
    .map((text) => text.trim().replaceAll(/\s+/g, ' '))
    .join(',')
}
