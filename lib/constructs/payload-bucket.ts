import { Duration, RemovalPolicy } from 'aws-cdk-lib/core'
import type { Function } from 'aws-cdk-lib/aws-lambda'
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { ENVIRONMENT } from '../../lambdas/environment.ts'
import { RETENTION_DAYS, retentionPrefix } from '../../protocol/job/payload.ts'
import { allow } from './jobwire-function.ts'

/** The props of a `PayloadBucket`. */
export interface PayloadBucketProps {
  /** With `destroy`, the bucket and its objects are deleted with the stack. */
  readonly removalPolicy: 'retain' | 'destroy'
}

/**
 * The bucket of inputs and outputs that are too large for a record. Each key begins with the number of days for which
 * its object is kept, a little longer than the record that points at it. The lifecycle rules delete the objects.
 *
 * @example
 * const payloads = new PayloadBucket(this, 'Payloads', { removalPolicy: 'retain' })
 * payloads.allowUse(worker)
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
      // CloudFormation deletes only an empty bucket.
      autoDeleteObjects: destroy,
    })
  }

  /** Gives a function the name of the bucket, and lets it put and get payloads by their keys. */
  allowUse(target: Function): void {
    target.addEnvironment(ENVIRONMENT.payloadBucket, this.#bucket.bucketName)
    allow(target, ['s3:PutObject', 's3:GetObject'], [this.#bucket.arnForObjects('*')])
    // Never called. Without it, S3 answers "denied" for a key that does not exist.
    allow(target, ['s3:ListBucket'], [this.#bucket.bucketArn])
  }

  /** Lets a function erase the payloads of a deleted job. */
  allowErasing(target: Function): void {
    allow(target, ['s3:DeleteObject'], [this.#bucket.arnForObjects('*')])
  }
}
