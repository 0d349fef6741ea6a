import { ownValue } from '../../../named-values.ts'
import type { AwsCall } from '../../../wire/call.ts'
import { AwsError } from '../../../wire/call.ts'
import { invalidArgument, notImplemented } from '../wire/errors.ts'
import { MAX_KEY_BYTES } from '../wire/limits.ts'
import { OPERATION_RULES, type OperationRule } from './operation-rules.ts'
import { isSignatureParameter } from '../signatures/signatures.ts'

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

/** An object that a copy reads. */
export interface CopySource {
  readonly bucket: string
  readonly key: string
}

/** Reads `x-amz-copy-source`: `bucket/key`, percent-encoded, with or without a slash before it. */
export function readCopySource({ headers }: Pick<AwsCall, 'headers'>): CopySource {
  const [path, version] = String(headers['x-amz-copy-source']).split('?', 2)
  const { bucket, key } = readTarget(path!.replace(/^\/?/, '/'))
  if (bucket === '' || key === undefined) {
    const message = 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey'
    throw invalidArgument('x-amz-copy-source', String(headers['x-amz-copy-source']), message)
  }
  if (version !== undefined && version !== 'versionId=null') throw invalidVersion(version.replace('versionId=', ''))
  return { bucket, key }
}

/** SDKs add the name of the operation to some addresses. */
const OPERATION_NAME = 'x-id'
/** Headers of S3's own that are implemented, or that change nothing visible here. */
const HEADERS =
  /^x-amz-(date|content-sha256|security-token|user-agent|decoded-content-length|trailer|sdk-checksum-algorithm|checksum-.*|meta-.*|expected-bucket-owner|source-expected-bucket-owner|server-side-encryption|storage-class|acl|copy-source|copy-source-range|copy-source-if-(none-)?match|copy-source-if-(un)?modified-since|metadata-directive|tagging-directive|mp-object-size|optional-object-attributes|request-payer)$/
/** Headers that ask for what every object here is anyway. */
const ONLY_VALUES: Readonly<Record<string, RegExp>> = {
  'x-amz-server-side-encryption': /^AES256$/,
  'x-amz-storage-class': /^STANDARD$/,
  'x-amz-acl': /^(private|bucket-owner-full-control)$/,
}

/** Presigners may write headers into the address. Returns the call with such headers at their place. */
export function withHeadersOfAddress(call: AwsCall): AwsCall {
  const names = [...call.query.keys()].filter((name) => /^x-amz-/i.test(name) && !isSignatureParameter(name))
  if (names.length === 0) return call
  const query = new URLSearchParams(call.query)
  const headers = { ...call.headers }
  for (const name of names) {
    headers[name.toLowerCase()] ??= query.get(name)!
    query.delete(name)
  }
  return { ...call, query, headers }
}

/** Refuses, by name, everything in a request that is not implemented. Returns the rule of its operation. */
export function requireImplemented({ operation, query, headers, path }: AwsCall): OperationRule {
  const rule = ownValue(OPERATION_RULES, operation)
  if (rule === undefined) {
    const what = [...query.keys()].filter((name) => name !== OPERATION_NAME && !isSignatureParameter(name)).join(', ')
    throw notImplemented(`${operation}${what === '' ? '' : ` (${what})`}`)
  }
  for (const name of query.keys()) {
    if (name === OPERATION_NAME || isSignatureParameter(name) || rule.query.includes(name)) continue
    throw notImplemented(`the query parameter ${name} of ${operation}`)
  }
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('x-amz-')) continue
    if (!HEADERS.test(name)) throw notImplemented(`the header ${name}`)
    if (ONLY_VALUES[name]?.test(String(value)) === false) throw notImplemented(`${String(value)} in the header ${name}`)
  }
  if (Buffer.byteLength(readTarget(path).key ?? '') > MAX_KEY_BYTES) {
    throw new AwsError('KeyTooLongError', 'Your key is too long', 400)
  }
  const version = query.get('versionId')
  if (version !== null && version !== 'null') throw invalidVersion(version)
  return rule
}

function invalidVersion(version: string): AwsError {
  return invalidArgument('versionId', version, 'Invalid version id specified')
}

function decodePath(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.")
  }
}
