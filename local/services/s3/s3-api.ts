import type { CloudContext } from '../../context.ts'
import type { AwsAnswer, AwsApi, AwsCall } from '../../wire/call.ts'
import { AwsError } from '../../wire/call.ts'
import { readCredential } from '../../wire/credential.ts'
import type { Bucket } from './bucket.ts'
import { accessDenied, renderS3Error } from './errors.ts'
import { deleteObject, getObject, headObject, listObjects, putObject } from './operations.ts'
import { isPresigned, verifyPresigned } from './presigned.ts'
import { s3Operation, requireImplemented, readTarget } from './request.ts'

export interface S3ApiDeps {
  readonly bucketNamed: (name: string) => Bucket | undefined
  /** Returns true if the role's policies allow the action. */
  readonly mayCall: (roleArn: string, action: string, resourceArn: string) => boolean
}

/** Answers S3 calls: REST with XML, by path-style addresses, signed by header or in the query. */
export function createS3Api({ accountId, clock, meter }: CloudContext, { bucketNamed, mayCall }: S3ApiDeps): AwsApi {
  const perform = (call: AwsCall): AwsAnswer => {
    requireImplemented(call)
    if (isPresigned(call.query)) verifyPresigned(call.query, clock)
    else if (readCredential(call.headers) === undefined) throw accessDenied()
    const { bucket: name, key } = readTarget(call.path)
    const bucket = bucketNamed(name)
    if (bucket === undefined) {
      throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name })
    }
    const owner = call.headers['x-amz-expected-bucket-owner']
    if (owner !== undefined && owner !== accountId) throw accessDenied()
    if (key === undefined) return call.operation === 'ListObjectsV2' ? listObjects(bucket, call.query) : OK
    if (call.operation === 'PutObject') return putObject(bucket, key, call)
    if (call.operation === 'DeleteObject') return deleteObject(bucket, key)
    // A caller who may not list a bucket may not learn either if a key is in it.
    if (bucket.head(key) === undefined && !mayList(call, bucket)) throw accessDenied()
    return call.operation === 'GetObject' ? getObject(bucket, key, call) : headObject(bucket, key, call)
  }

  const mayList = ({ principal: { kind, roleArn } }: AwsCall, { name }: Bucket): boolean =>
    kind === 'owner' || mayCall(roleArn ?? '', 's3:ListBucket', bucketArn(name))

  return {
    service: 's3',
    openToPages: true,
    match(head) {
      const signedFor = readCredential(head.headers, head.query)?.service
      if (signedFor !== undefined && signedFor !== 's3') return undefined
      const isOurs = signedFor === 's3' || bucketNamed(head.path.split('/', 2)[1] ?? '') !== undefined
      return isOurs ? s3Operation(head) : undefined
    },
    authorizations(call) {
      const action = requireImplemented(call)
      const { bucket, key } = readTarget(call.path)
      return [{ action, resourceArn: key === undefined ? bucketArn(bucket) : `${bucketArn(bucket)}/${key}` }]
    },
    async handle(call) {
      const unit = BILLED[call.operation]
      if (unit !== undefined) meter.count(unit, call.principal.name)
      return perform(call)
    },
    renderError: renderS3Error,
  }
}

const OK: AwsAnswer = { status: 200, body: '' }

/** Deleting is free. */
const BILLED: Readonly<Record<string, 's3Put' | 's3Get'>> = {
  PutObject: 's3Put',
  ListObjectsV2: 's3Put',
  GetObject: 's3Get',
  HeadObject: 's3Get',
  HeadBucket: 's3Get',
}

function bucketArn(bucketName: string): string {
  return `arn:aws:s3:::${bucketName}`
}
