import { RESPONSE_HEADERS } from '../signatures/signatures.ts'

/** One implemented operation. */
export interface OperationRule {
  /** The IAM action; absent for `DeleteObjects`, whose keys are checked one by one. */
  readonly action?: string
  readonly on: 'account' | 'bucket' | 'object'
  /** The query parameters that it takes besides those of signatures. */
  readonly query: readonly string[]
  /** The unit on the bill; absent if the call is free. */
  readonly billed?: 's3Put' | 's3Get'
}

const LIST = ['prefix', 'delimiter', 'max-keys', 'encoding-type']
const MULTIPART_LIST = [
  'uploads',
  'prefix',
  'delimiter',
  'encoding-type',
  'max-uploads',
  'key-marker',
  'upload-id-marker',
]

export const OPERATION_RULES: Readonly<Record<string, OperationRule>> = {
  ListBuckets: {
    action: 's3:ListAllMyBuckets',
    on: 'account',
    query: ['prefix', 'max-buckets', 'continuation-token', 'bucket-region'],
    billed: 's3Put',
  },
  HeadBucket: { action: 's3:ListBucket', on: 'bucket', query: [], billed: 's3Get' },
  GetBucketLocation: { action: 's3:GetBucketLocation', on: 'bucket', query: ['location'], billed: 's3Get' },
  ListObjects: { action: 's3:ListBucket', on: 'bucket', query: [...LIST, 'marker'], billed: 's3Put' },
  ListObjectsV2: {
    action: 's3:ListBucket',
    on: 'bucket',
    query: [...LIST, 'list-type', 'start-after', 'continuation-token', 'fetch-owner'],
    billed: 's3Put',
  },
  DeleteObjects: { on: 'bucket', query: ['delete'] },
  ListMultipartUploads: {
    action: 's3:ListBucketMultipartUploads',
    on: 'bucket',
    query: MULTIPART_LIST,
    billed: 's3Put',
  },
  PutObject: { action: 's3:PutObject', on: 'object', query: [], billed: 's3Put' },
  CopyObject: { action: 's3:PutObject', on: 'object', query: [], billed: 's3Put' },
  GetObject: { action: 's3:GetObject', on: 'object', query: [...RESPONSE_HEADERS, 'versionId'], billed: 's3Get' },
  HeadObject: { action: 's3:GetObject', on: 'object', query: [...RESPONSE_HEADERS, 'versionId'], billed: 's3Get' },
  GetObjectTagging: { action: 's3:GetObjectTagging', on: 'object', query: ['tagging', 'versionId'], billed: 's3Get' },
  DeleteObject: { action: 's3:DeleteObject', on: 'object', query: ['versionId'] },
  CreateMultipartUpload: { action: 's3:PutObject', on: 'object', query: ['uploads'], billed: 's3Put' },
  UploadPart: { action: 's3:PutObject', on: 'object', query: ['uploadId', 'partNumber'], billed: 's3Put' },
  UploadPartCopy: { action: 's3:PutObject', on: 'object', query: ['uploadId', 'partNumber'], billed: 's3Put' },
  CompleteMultipartUpload: { action: 's3:PutObject', on: 'object', query: ['uploadId'], billed: 's3Put' },
  AbortMultipartUpload: { action: 's3:AbortMultipartUpload', on: 'object', query: ['uploadId'] },
  ListParts: {
    action: 's3:ListMultipartUploadParts',
    on: 'object',
    query: ['uploadId', 'max-parts', 'part-number-marker', 'encoding-type'],
    billed: 's3Put',
  },
}
