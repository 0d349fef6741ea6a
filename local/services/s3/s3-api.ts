import { createHash } from 'node:crypto'
import type { CloudContext } from '../../context.ts'
import type { AwsAnswer, AwsApi, AwsCall, AwsRequestHead, Authorization } from '../../wire/call.ts'
import { AwsError } from '../../wire/call.ts'
import { readCredential } from '../../wire/credential.ts'
import { bucketArn, type Bucket } from './storage/bucket.ts'
import { bucketLocation, headBucket, listBuckets } from './lists/buckets.ts'
import { copyObject, requireCopyConditions } from './objects/copy-object.ts'
import { deleteObjects } from './objects/delete-objects.ts'
import { accessDenied, noSuchKey, renderS3Error } from './wire/errors.ts'
import { KnownSecrets } from './signatures/known-secrets.ts'
import { listObjects, listObjectsV2 } from './lists/list-objects.ts'
import { listParts, listUploads } from './multipart/upload-lists.ts'
import { abortUpload, completeUpload, createUpload, uploadPart, uploadPartCopy } from './multipart/upload-operations.ts'
import { deleteObject, getObject, getObjectTagging, putObject } from './objects/objects.ts'
import { s3Operation } from './requests/operation-names.ts'
import { OPERATION_RULES } from './requests/operation-rules.ts'
import { isPresigned, verifyPresigned } from './signatures/presigned.ts'
import { requestIdHeaders } from './wire/request-ids.ts'
import { readCopySource, readTarget, requireImplemented, withHeadersOfAddress } from './requests/request.ts'
import { headerVersion4 } from './signatures/signatures.ts'
import type { StoredObject } from './storage/stored-object.ts'
import { pathWithBucket } from './requests/virtual-host.ts'

export interface S3ApiDeps {
  readonly bucketNamed: (name: string) => Bucket | undefined
  readonly allBuckets: () => Iterable<Bucket>
  /** Returns true if the role's policies allow the action. */
  readonly mayCall: (roleArn: string, action: string, resourceArn: string) => boolean
  /** Returns the secret of an access key that the local cloud made. */
  readonly secretOf: (accessKeyId: string) => string | undefined
}

/** Answers S3 calls: REST with XML, by path-style addresses, signed by header or in the query. */
export function createS3Api(context: CloudContext, deps: S3ApiDeps): AwsApi {
  const { accountId, clock, meter } = context
  const secrets = new KnownSecrets(deps.secretOf)

  const withBucket = <Head extends AwsRequestHead>(head: Head): Head => ({
    ...head,
    path: pathWithBucket(head, (name) => deps.bucketNamed(name) !== undefined),
  })

  const perform = (sent: AwsCall): AwsAnswer => {
    const credential = readCredential(sent.headers)
    // The form of a page has its signature in its body.
    if (sent.operation === 'PostObject') requireImplemented(sent)
    if (isPresigned(sent.query)) verifyPresigned(sent, withBucket(sent).path, { secrets, clock })
    else if (credential === undefined) throw accessDenied()
    else secrets.learn(credential.accessKeyId, headerVersion4(sent))
    const call = withHeadersOfAddress(withBucket(sent))
    requireImplemented(call)
    for (const header of ['x-amz-expected-bucket-owner', 'x-amz-source-expected-bucket-owner']) {
      const owner = call.headers[header]
      if (owner !== undefined && owner !== accountId) throw accessDenied()
    }
    return performOperation(call, context, deps)
  }

  return {
    service: 's3',
    openToPages: true,
    match(sent) {
      const head = withBucket(sent)
      const signedFor = readCredential(head.headers, head.query)?.service
      if (signedFor !== undefined && signedFor !== 's3') return undefined
      const isOurs = signedFor === 's3' || deps.bucketNamed(head.path.split('/', 2)[1] ?? '') !== undefined
      return isOurs ? s3Operation(head) : undefined
    },
    authorizations: (call) => neededPermissions(withHeadersOfAddress(withBucket(call))),
    async handle(call) {
      const unit = OPERATION_RULES[call.operation]?.billed
      if (unit !== undefined) meter.count(unit, call.principal.name)
      const answer = perform(call)
      return { ...answer, headers: { ...answer.headers, ...requestIdHeaders() } }
    },
    renderError: renderS3Error,
  }
}

function neededPermissions(call: AwsCall): Authorization[] {
  const { action, on } = requireImplemented(call)
  if (action === undefined) return []
  if (on === 'account') return [{ action, resourceArn: '*' }]
  const { bucket, key } = readTarget(call.path)
  const needed = [{ action, resourceArn: key === undefined ? bucketArn(bucket) : objectArn(bucket, key) }]
  if (!isCopy(call)) return needed
  const source = readCopySource(call)
  return [...needed, { action: 's3:GetObject', resourceArn: objectArn(source.bucket, source.key) }]
}

function performOperation(call: AwsCall, context: CloudContext, deps: S3ApiDeps): AwsAnswer {
  const { operation, query } = call
  const { region } = context
  const ownerId = createHash('sha256').update(context.accountId).digest('hex')
  if (operation === 'ListBuckets') return listBuckets(query, { buckets: deps.allBuckets(), ownerId, region })
  const { bucket: name, key } = readTarget(call.path)
  const bucket = requireBucket(deps, name)
  if (key !== undefined) return performOnObject(call, { bucket, key, ownerId, nowMs: context.clock.now() }, deps)
  const onBucket: Readonly<Record<string, () => AwsAnswer>> = {
    HeadBucket: () => headBucket(region),
    GetBucketLocation: () => bucketLocation(region),
    ListObjects: () => listObjects(bucket, query, ownerId),
    ListObjectsV2: () => listObjectsV2(bucket, query, ownerId),
    ListMultipartUploads: () => listUploads(bucket, query, ownerId),
    DeleteObjects: () => deleteObjects(bucket, call, (one) => may(call, deps, 's3:DeleteObject', objectArn(name, one))),
  }
  return onBucket[operation]!()
}

interface ObjectTarget {
  readonly bucket: Bucket
  readonly key: string
  readonly ownerId: string
  readonly nowMs: number
}

function performOnObject(call: AwsCall, { bucket, key, ownerId, nowMs }: ObjectTarget, deps: S3ApiDeps): AwsAnswer {
  const read = (): AwsAnswer => {
    requireVisible(call, deps, bucket, key)
    return getObject(bucket, key, call, nowMs)
  }
  const onObject: Readonly<Record<string, () => AwsAnswer>> = {
    PutObject: () => putObject(bucket, key, call),
    GetObject: read,
    HeadObject: read,
    GetObjectTagging: () => getObjectTagging(bucket, key),
    DeleteObject: () => deleteObject(bucket, key, call),
    CopyObject: () => copyObject(bucket, key, call, findCopySource(call, deps, nowMs)),
    CreateMultipartUpload: () => createUpload(bucket, key, call),
    UploadPart: () => uploadPart(bucket, key, call, nowMs),
    UploadPartCopy: () => uploadPartCopy(bucket, key, call, { source: findCopySource(call, deps, nowMs), nowMs }),
    CompleteMultipartUpload: () => completeUpload(bucket, key, call),
    AbortMultipartUpload: () => abortUpload(bucket, key, call),
    ListParts: () => listParts(bucket, key, call, ownerId),
  }
  return onObject[call.operation]!()
}

function findCopySource(call: AwsCall, deps: S3ApiDeps, nowMs: number): StoredObject {
  const { bucket: name, key } = readCopySource(call)
  const bucket = requireBucket(deps, name)
  requireVisible(call, deps, bucket, key)
  const source = bucket.get(key)
  if (source === undefined) throw noSuchKey(key)
  requireCopyConditions(source.head, call, nowMs)
  return source
}

/** A caller who may not list a bucket may not learn either if a key is in it. */
function requireVisible(call: AwsCall, deps: S3ApiDeps, bucket: Bucket, key: string): void {
  if (bucket.head(key) === undefined && !may(call, deps, 's3:ListBucket', bucketArn(bucket.name))) throw accessDenied()
}

function may({ principal }: AwsCall, { mayCall }: S3ApiDeps, action: string, resourceArn: string): boolean {
  return principal.kind === 'owner' || mayCall(principal.roleArn ?? '', action, resourceArn)
}

function requireBucket({ bucketNamed }: S3ApiDeps, name: string): Bucket {
  const bucket = bucketNamed(name)
  if (bucket !== undefined) return bucket
  throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name })
}

function isCopy({ operation }: AwsCall): boolean {
  return operation === 'CopyObject' || operation === 'UploadPartCopy'
}

function objectArn(bucketName: string, key: string): string {
  return `${bucketArn(bucketName)}/${key}`
}
