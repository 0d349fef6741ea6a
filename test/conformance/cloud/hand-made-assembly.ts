import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A cloud assembly as `cdk synth` would write it, made of a template and the code of its functions. */
export interface HandMadeAssembly {
  readonly workDir: string
  readonly assemblyDir: string
  /** A directory beside it that does not exist yet. */
  readonly dataDir: string
  remove(): void
}

/** Writes the assembly. `assets` maps an S3 key without its `.zip` to the source of its `index.js`. */
export function writeAssembly(template: object, assets: Readonly<Record<string, string>> = {}): HandMadeAssembly {
  const workDir = mkdtempSync(join(tmpdir(), 'jobwire-assembly-'))
  const assemblyDir = join(workDir, 'cdk.out')
  mkdirSync(assemblyDir)
  const write = (file: string, content: object): void =>
    writeFileSync(join(assemblyDir, file), JSON.stringify(content, null, 1))
  const files: Record<string, object> = {}
  for (const [hash, source] of Object.entries(assets)) {
    mkdirSync(join(assemblyDir, `asset.${hash}`))
    writeFileSync(join(assemblyDir, `asset.${hash}`, 'index.js'), source)
    files[hash] = {
      source: { path: `asset.${hash}`, packaging: 'zip' },
      destinations: { 'current_account-current_region': { bucketName: 'assets', objectKey: `${hash}.zip` } },
    }
  }
  write('Example.template.json', template)
  write('Example.assets.json', { version: '55.0.0', files })
  write('manifest.json', {
    version: '55.0.0',
    artifacts: {
      'Example.assets': { type: 'cdk:asset-manifest', properties: { file: 'Example.assets.json' } },
      Example: {
        type: 'aws:cloudformation:stack',
        properties: { templateFile: 'Example.template.json' },
        dependencies: ['Example.assets'],
      },
    },
  })
  const remove = (): void => rmSync(workDir, { recursive: true, force: true })
  return { workDir, assemblyDir, dataDir: join(workDir, 'data'), remove }
}

/** The keys of a table: `pk` and `sk`, both strings. */
export const PK_AND_SK = {
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' as const },
    { AttributeName: 'sk', KeyType: 'RANGE' as const },
  ],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' as const },
    { AttributeName: 'sk', AttributeType: 'S' as const },
  ],
}

export const table = (more: object = {}): object => ({
  Type: 'AWS::DynamoDB::Table',
  Properties: {
    ...PK_AND_SK,
    BillingMode: 'PAY_PER_REQUEST',
    TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    ...more,
  },
  DeletionPolicy: 'Delete',
})

export const arnOf = (id: string): object => ({ 'Fn::GetAtt': [id, 'Arn'] })

export const allow = (action: string, resource: unknown): object => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
})

/** A role that a service takes, with these statements as its policy. */
const serviceRole = (service: string, statements: readonly object[], more: object = {}): object => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } }],
    },
    Policies: [{ PolicyName: 'own', PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
    ...more,
  },
})

/** A role of a function. */
export const role = (...statements: object[]): object =>
  serviceRole('lambda.amazonaws.com', statements, {
    ManagedPolicyArns: [
      {
        'Fn::Join': [
          '',
          ['arn:', { Ref: 'AWS::Partition' }, ':iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'],
        ],
      },
    ],
  })

/** A role of schedules. */
export const scheduleRole = (...statements: object[]): object => serviceRole('scheduler.amazonaws.com', statements)

/** Returns its own credentials, so that a test can make calls as its role. */
export const CREDENTIALS_HANDLER = `exports.handler = async () => ({
  accessKeyId: process.env.AWS_ACCESS_KEY_ID,
  secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
  sessionToken: process.env.AWS_SESSION_TOKEN,
})`

export const lambdaFunction = (roleId: string, hash: string): object => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    Code: { S3Bucket: { 'Fn::Sub': 'assets-${AWS::AccountId}-${AWS::Region}' }, S3Key: `${hash}.zip` },
    Handler: 'index.handler',
    Runtime: 'nodejs24.x',
    Role: { 'Fn::GetAtt': [roleId, 'Arn'] },
  },
})
