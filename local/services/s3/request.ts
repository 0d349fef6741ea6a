import type { AwsCall, AwsRequestHead } from '../../wire/call.ts'
import { AwsError } from '../../wire/call.ts'
import { notImplemented } from './errors.ts'
import { MAX_KEY_BYTES } from './limits.ts'

/** The bucket in a path, and the key of an object if there is one. */
export interface S3Target {
  readonly bucket: string
  readonly key?: string
}

/** Reads addresses by path only: SDKs use them if the endpoint is an IP address. */
export function readTarget(path: string): S3Target {
  const slash = path.indexOf('/', 1)
  if (slash < 0 || slash === path.length - 1) {
    return { bucket: decodePath(path.slice(1, slash < 0 ? undefined : slash)) }
  }
  return { bucket: decodePath(path.slice(1, slash)), key: decodePath(path.slice(slash + 1)) }
}

const OBJECT_OPERATIONS: Readonly<Record<string, string>> = {
  PUT: 'PutObject',
  GET: 'GetObject',
  HEAD: 'HeadObject',
  DELETE: 'DeleteObject',
}

/** Returns S3's name for the operation, as far as method and path tell. `requireImplemented` refuses all others. */
export function s3Operation({ method, path, query }: AwsRequestHead): string {
  if (/^\/[^/]+\/./s.test(path)) return OBJECT_OPERATIONS[method] ?? `${method} on an object`
  if (method === 'HEAD') return 'HeadBucket'
  return method === 'GET' && query.get('list-type') === '2' ? 'ListObjectsV2' : `${method} on a bucket`
}

const ACTIONS: Readonly<Record<string, string>> = {
  PutObject: 's3:PutObject',
  GetObject: 's3:GetObject',
  HeadObject: 's3:GetObject',
  DeleteObject: 's3:DeleteObject',
  HeadBucket: 's3:ListBucket',
  ListObjectsV2: 's3:ListBucket',
}

const QUERY =
  /^(x-id|x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256|checksum-.*|sdk-checksum-algorithm))$/i
const LIST_QUERY = ['list-type', 'prefix', 'start-after', 'max-keys', 'continuation-token', 'encoding-type']
/** Headers of S3's own that are implemented, or that change nothing visible here. */
const HEADERS =
  /^x-amz-(date|content-sha256|security-token|user-agent|decoded-content-length|trailer|sdk-checksum-algorithm|checksum-.*|meta-.*|expected-bucket-owner|server-side-encryption)$/

/** Refuses, by name, everything in a request that is not implemented. Returns the IAM action. */
export function requireImplemented({ operation, query, headers, path }: AwsCall): string {
  const action = ACTIONS[operation]
  if (action === undefined) {
    const what = [...query.keys()].filter((name) => !QUERY.test(name)).join(', ')
    throw notImplemented(`${operation}${what === '' ? '' : ` (${what})`}`)
  }
  for (const name of query.keys()) {
    if (QUERY.test(name) || (operation === 'ListObjectsV2' && LIST_QUERY.includes(name))) continue
    throw notImplemented(`the query parameter ${name} of ${operation}`)
  }
  const header = Object.keys(headers).find((name) => name.startsWith('x-amz-') && !HEADERS.test(name))
  if (header !== undefined) throw notImplemented(`the header ${header}`)
  const encryption = headers['x-amz-server-side-encryption']
  if (encryption !== undefined && encryption !== 'AES256') throw notImplemented(`encryption by ${String(encryption)}`)
  if (Buffer.byteLength(readTarget(path).key ?? '') > MAX_KEY_BYTES) {
    throw new AwsError('KeyTooLongError', 'Your key is too long', 400)
  }
  return action
}

function decodePath(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.")
  }
}
