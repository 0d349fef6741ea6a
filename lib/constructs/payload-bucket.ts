import { Duration, RemovalPolicy } from 'aws-cdk-lib/core'
import type { Function } from 'aws-cdk-lib/aws-lambda'
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { ENVIRONMENT } from '../../lambdas/environment.ts'
import { RETENTION_DAYS, retentionPrefix } from '../../protocol/job/payload.ts'
import { allow } from './jobwire-function.ts'

export interface PayloadBucketProps {
  readonly removalPolicy: 'retain' | 'destroy'
}

/**
 * Inputs and outputs that are too large for a record. Nobody deletes them: each key begins with the days that its
 * object is kept, a little longer than the record that points at it, and the bucket's rules do the rest.
 */
export class PayloadBucket extends Construct {
  readonly #bucket: Bucket

  constructor(scope: Construct, id: string, { removalPolicy }: PayloadBucketProps) {
    super(scope, id)
    const destroy = removalPolicy === 'destroy'
    this.#bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      lifecycleRules: RETENTION_DAYS.map((days) => ({
        id: `${days}d`,
        prefix: retentionPrefix(days),
        expiration: Duration.days(days),
      })),
      removalPolicy: destroy ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
      // CloudFormation deletes no bucket that has something in it.
      autoDeleteObjects: destroy,
    })
  }

  /** Tells a function where payloads are, and lets it put and get them by their keys. */
  allowUse(target: Function): void {
    target.addEnvironment(ENVIRONMENT.payloadBucket, this.#bucket.bucketName)
    allow(target, ['s3:PutObject', 's3:GetObject'], [this.#bucket.arnForObjects('*')])
    // Never called: without it, S3 answers "denied" for a key that is not there.
    allow(target, ['s3:ListBucket'], [this.#bucket.bucketArn])
  }
}
