import { S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll } from '@jest/globals'
import { ManualClock } from '../../../../local/clock.ts'
import type { Cloud } from '../../../../local/cloud.ts'
import { clientSettings, type Credentials, OWNER } from '../../cloud/client-settings.ts'
import { CREDENTIALS_HANDLER, lambdaFunction, role, writeAssembly } from '../../cloud/hand-made-assembly.ts'
import { credentialsOf, startAssembly } from '../../cloud/start-assembly.ts'

const bucketArn = { 'Fn::GetAtt': ['Payloads', 'Arn'] }
const objects = { 'Fn::Join': ['', [bucketArn, '/allowed/*']] }

/** A bucket as CDK makes it: encrypted, private, over TLS only, and with rules. */
export const bucket = (rules: object[] = [{ Id: '2d', Prefix: '2d/', Status: 'Enabled', ExpirationInDays: 2 }]) => ({
  Type: 'AWS::S3::Bucket',
  Properties: {
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    },
    LifecycleConfiguration: { Rules: rules },
    PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true },
  },
})

export const assembly = () =>
  writeAssembly(
    {
      Resources: {
        Payloads: bucket(),
        PayloadsPolicy: {
          Type: 'AWS::S3::BucketPolicy',
          Properties: {
            Bucket: { Ref: 'Payloads' },
            PolicyDocument: {
              Version: '2012-10-17',
              Statement: [
                {
                  Action: 's3:*',
                  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
                  Effect: 'Deny',
                  Principal: { AWS: '*' },
                  Resource: [bucketArn, { 'Fn::Join': ['', [bucketArn, '/*']] }],
                },
              ],
            },
          },
        },
        Writer: lambdaFunction('WriterRole', 'writer'),
        WriterRole: role({ Effect: 'Allow', Action: ['s3:PutObject', 's3:GetObject'], Resource: objects }),
        Lister: lambdaFunction('ListerRole', 'lister'),
        ListerRole: role(
          { Effect: 'Allow', Action: 's3:GetObject', Resource: objects },
          { Effect: 'Allow', Action: 's3:ListBucket', Resource: bucketArn },
        ),
      },
      Outputs: { BucketName: { Value: { Ref: 'Payloads' } }, BucketArn: { Value: bucketArn } },
    },
    { writer: CREDENTIALS_HANDLER, lister: CREDENTIALS_HANDLER },
  )

export class S3Cloud {
  readonly clock = new ManualClock()
  readonly #assembly = assembly()
  readonly #clients: S3Client[] = []
  cloud!: Cloud

  async start({ keepData = false } = {}): Promise<this> {
    const { dataDir } = this.#assembly
    this.cloud = await startAssembly(this.#assembly, { clock: this.clock, ...(keepData ? { dataDir } : {}) })
    return this
  }

  get bucketName(): string {
    return this.cloud.outputs['BucketName']!
  }

  /** Makes a client. Its signatures are dated by the real clock, which nothing checks. */
  client(credentials: Credentials = OWNER): S3Client {
    const client = new S3Client(clientSettings(this.cloud.endpoint, credentials))
    this.#clients.push(client)
    return client
  }

  credentialsOf(functionName: string): Promise<Credentials> {
    return credentialsOf(this.cloud, functionName)
  }

  async stop(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.destroy()
    await this.cloud.close()
  }

  remove(): void {
    this.#assembly.remove()
  }
}

/** Starts a cloud before the tests of a file, and stops it behind them. */
export function runS3Cloud(): S3Cloud {
  const s3 = new S3Cloud()
  beforeAll(() => s3.start())
  afterAll(async () => {
    await s3.stop()
    s3.remove()
  })
  return s3
}
