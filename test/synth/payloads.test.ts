import { describe, expect, it } from '@jest/globals'
import { RETENTION_DAYS } from '../../protocol/job/payload.ts'
import { synthesizeStack } from './synthesized-stack.ts'

const kept = synthesizeStack()
const disposable = synthesizeStack({ removalPolicy: 'destroy' })

describe('the bucket of large payloads', () => {
  const [bucket, ...others] = Object.values(kept.resources('AWS::S3::Bucket'))

  it('is the only one, encrypted, private, and reached over TLS only', () => {
    expect(others).toEqual([])
    expect(bucket!.Properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    })
    const [policy] = Object.values(kept.resources('AWS::S3::BucketPolicy'))
    expect(policy!.Properties['PolicyDocument'].Statement).toMatchObject([
      { Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
    ])
  })

  it('ends each object after the number of days that its key begins with', () => {
    expect(bucket!.Properties['LifecycleConfiguration'].Rules).toEqual(
      RETENTION_DAYS.map((days) => ({
        Id: `${days}d`,
        Prefix: `${days}d/`,
        ExpirationInDays: days,
        Status: 'Enabled',
      })),
    )
  })

  it('outlives the stack, unless the setting says otherwise: then it is emptied first', () => {
    expect(bucket).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
    kept.template.resourceCountIs('Custom::S3AutoDeleteObjects', 0)
    const [gone] = Object.values(disposable.resources('AWS::S3::Bucket'))
    expect(gone).toMatchObject({ DeletionPolicy: 'Delete' })
    disposable.template.resourceCountIs('Custom::S3AutoDeleteObjects', 1)
  })

  it('is named to the functions that use large payloads, and to no others', () => {
    const told = [
      'Answers the REST',
      'Runs the jobs',
      'Answers the WebSocket',
      'Records jobs',
      'Checks the token',
    ].filter((description) => 'PAYLOAD_BUCKET' in kept.functionOf(description).properties['Environment'].Variables)
    expect(told).toEqual(['Answers the REST', 'Runs the jobs'])
  })
})
