import type { AwsRequestHead } from '../../../wire/call.ts'

/** The operations that a query parameter or a header tells from the plain ones, in this order. */
const MARKED: readonly (readonly [on: 'bucket' | 'object', method: string, parameter: string, operation: string])[] = [
  ['object', 'POST', 'uploads', 'CreateMultipartUpload'],
  ['object', 'POST', 'uploadId', 'CompleteMultipartUpload'],
  ['object', 'PUT', 'uploadId', 'UploadPart'],
  ['object', 'GET', 'uploadId', 'ListParts'],
  ['object', 'DELETE', 'uploadId', 'AbortMultipartUpload'],
  ['object', 'GET', 'attributes', 'GetObjectAttributes'],
  ['object', 'POST', 'restore', 'RestoreObject'],
  ['object', 'POST', 'select', 'SelectObjectContent'],
  ['object', 'PUT', 'renameObject', 'RenameObject'],
  ['bucket', 'POST', 'delete', 'DeleteObjects'],
  ['bucket', 'GET', 'uploads', 'ListMultipartUploads'],
  ['bucket', 'GET', 'versions', 'ListObjectVersions'],
  ['bucket', 'GET', 'session', 'CreateSession'],
]

/** The parts of a bucket or an object that have operations of their own, with the end of their names. */
const SUBRESOURCES: Readonly<Record<string, string>> = {
  abac: 'Abac',
  accelerate: 'AccelerateConfiguration',
  acl: 'Acl',
  analytics: 'AnalyticsConfiguration',
  cors: 'Cors',
  encryption: 'Encryption',
  'intelligent-tiering': 'IntelligentTieringConfiguration',
  inventory: 'InventoryConfiguration',
  'legal-hold': 'LegalHold',
  lifecycle: 'LifecycleConfiguration',
  location: 'Location',
  logging: 'Logging',
  metadataConfiguration: 'MetadataConfiguration',
  metadataTable: 'MetadataTableConfiguration',
  metrics: 'MetricsConfiguration',
  notification: 'NotificationConfiguration',
  'object-lock': 'LockConfiguration',
  ownershipControls: 'OwnershipControls',
  policy: 'Policy',
  policyStatus: 'PolicyStatus',
  publicAccessBlock: 'PublicAccessBlock',
  replication: 'Replication',
  requestPayment: 'RequestPayment',
  retention: 'Retention',
  tagging: 'Tagging',
  torrent: 'Torrent',
  versioning: 'Versioning',
  website: 'Website',
}

const PLAIN: Readonly<Record<'bucket' | 'object', Readonly<Record<string, string>>>> = {
  object: { PUT: 'PutObject', GET: 'GetObject', HEAD: 'HeadObject', DELETE: 'DeleteObject' },
  bucket: {
    PUT: 'CreateBucket',
    GET: 'ListObjects',
    HEAD: 'HeadBucket',
    DELETE: 'DeleteBucket',
    // The form of a page, see presigned posts.
    POST: 'PostObject',
  },
}

/** Returns S3's name for the operation of a request, also if the local cloud does not have it. */
export function s3Operation({ method, path, query, headers }: AwsRequestHead): string {
  if (/^\/*$/.test(path)) return method === 'GET' ? 'ListBuckets' : `${method} on the account`
  const on = /^\/[^/]+\/./s.test(path) ? 'object' : 'bucket'
  const marked = MARKED.find((one) => one[0] === on && one[1] === method && query.has(one[2]))?.[3]
  const isCopy = headers['x-amz-copy-source'] !== undefined
  if (marked !== undefined) return marked === 'UploadPart' && isCopy ? 'UploadPartCopy' : marked
  const subresource = [...query.keys()].find((name) => Object.hasOwn(SUBRESOURCES, name))
  if (subresource !== undefined) return subresourceOperation(method, on, subresource)
  const plain = PLAIN[on][method] ?? `${method} on ${on === 'object' ? 'an object' : 'a bucket'}`
  if (plain === 'ListObjects' && query.has('list-type')) return 'ListObjectsV2'
  return plain === 'PutObject' && isCopy ? 'CopyObject' : plain
}

function subresourceOperation(method: string, on: 'bucket' | 'object', subresource: string): string {
  const verb = { GET: 'Get', PUT: 'Put', DELETE: 'Delete' }[method] ?? method
  // Three names do not follow the rule.
  if (subresource === 'publicAccessBlock') return `${verb}PublicAccessBlock`
  if (subresource === 'object-lock') return `${verb}ObjectLockConfiguration`
  if (subresource === 'lifecycle' && method === 'DELETE') return 'DeleteBucketLifecycle'
  return `${verb}${on === 'object' ? 'Object' : 'Bucket'}${SUBRESOURCES[subresource]}`
}
