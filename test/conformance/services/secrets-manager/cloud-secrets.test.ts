import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Cloud } from '../../../../local/cloud.ts'
import { createWebhookSecrets } from '../../../../lambdas/aws/webhooks/webhook-secrets.ts'
import { ManualClock } from '../../../../local/clock.ts'
import { clientSettings } from '../../cloud/client-settings.ts'
import { CREDENTIALS_HANDLER, lambdaFunction, role, writeAssembly } from '../../cloud/hand-made-assembly.ts'
import { credentialsOf, startAssembly } from '../../cloud/start-assembly.ts'

const assembly = writeAssembly(
  {
    Resources: {
      Token: {
        Type: 'AWS::SecretsManager::Secret',
        Properties: { GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true }, Description: 'signs' },
      },
      Given: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'given/name', SecretString: 'as it is' } },
      Logs: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 7 } },
      Reader: lambdaFunction('ReaderRole', 'reader'),
      ReaderRole: role({ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: { Ref: 'Token' } }),
    },
    Outputs: { TokenArn: { Value: { Ref: 'Token' } }, LogsArn: { Value: { 'Fn::GetAtt': ['Logs', 'Arn'] } } },
  },
  { reader: CREDENTIALS_HANDLER },
)

let cloud: Cloud
let owner: SecretsManagerClient
let reader: SecretsManagerClient

beforeAll(async () => {
  cloud = await startAssembly(assembly)
  owner = new SecretsManagerClient(clientSettings(cloud.endpoint))
  reader = new SecretsManagerClient(clientSettings(cloud.endpoint, await credentialsOf(cloud, 'Reader')))
})
afterAll(async () => {
  owner?.destroy()
  reader?.destroy()
  await cloud?.close()
  assembly.remove()
})

describe('a secret of a template', () => {
  it('is generated, and found by its ARN, by its name and by the ARN without the end', async () => {
    const arn = cloud.outputs['TokenArn']!
    expect(arn).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:Token-[a-f0-9]{6}$/)
    const byArn = await owner.send(new GetSecretValueCommand({ SecretId: arn }))
    expect(byArn).toMatchObject({ ARN: arn, Name: 'Token', VersionStages: ['AWSCURRENT'] })
    expect(byArn.SecretString).toMatch(/^[A-Za-z0-9]{64}$/)
    for (const SecretId of ['Token', arn.slice(0, -7)]) {
      const found = await owner.send(new GetSecretValueCommand({ SecretId }))
      expect(found.SecretString).toBe(byArn.SecretString)
    }
  })

  it('is described and listed without its value', async () => {
    const described = await owner.send(new DescribeSecretCommand({ SecretId: 'Token' }))
    expect(described).toMatchObject({ Name: 'Token', Description: 'signs' })
    expect(described.CreatedDate).toBeInstanceOf(Date)
    const { SecretList } = await owner.send(new ListSecretsCommand({}))
    expect(SecretList?.map(({ Name }) => Name)).toEqual(['Token', 'given/name'])
    expect(JSON.stringify([described, SecretList])).not.toContain('SecretString')
  })

  it('has the value that the template gives', async () => {
    const { SecretString } = await owner.send(new GetSecretValueCommand({ SecretId: 'given/name' }))
    expect(SecretString).toBe('as it is')
  })

  it('keeps the previous value once it gets another', async () => {
    const previous = () =>
      owner.send(new GetSecretValueCommand({ SecretId: 'given/name', VersionStage: 'AWSPREVIOUS' }))
    await expect(previous()).rejects.toBeInstanceOf(ResourceNotFoundException)
    await owner.send(new PutSecretValueCommand({ SecretId: 'given/name', SecretString: 'another' }))
    await expect(previous()).resolves.toMatchObject({ SecretString: 'as it is', VersionStages: ['AWSPREVIOUS'] })
    const present = await owner.send(new GetSecretValueCommand({ SecretId: 'given/name' }))
    expect(present).toMatchObject({ SecretString: 'another', VersionStages: ['AWSCURRENT'] })
    const { VersionIdsToStages } = await owner.send(new DescribeSecretCommand({ SecretId: 'given/name' }))
    expect(Object.values(VersionIdsToStages!).flat()).toEqual(['AWSPREVIOUS', 'AWSCURRENT'])
  })

  it('signs webhooks together with the previous one, which is noticed after ten minutes', async () => {
    const clock = new ManualClock()
    const secrets = createWebhookSecrets(owner, 'Token', clock)
    const [first, ...none] = await secrets('acme')
    expect(none).toEqual([])
    expect(await secrets('other')).not.toContain(first)
    await owner.send(new PutSecretValueCommand({ SecretId: 'Token', SecretString: 'y'.repeat(64) }))
    expect(await secrets('acme')).toEqual([first])
    await clock.advance(600_001)
    expect(await secrets('acme')).toEqual([expect.stringMatching(/^whsec_/), first])
  })

  it('is a typed error if there is none, and an unknown operation is named', async () => {
    const missing = owner.send(new GetSecretValueCommand({ SecretId: 'missing' }))
    await expect(missing).rejects.toBeInstanceOf(ResourceNotFoundException)
    await expect(owner.send(new RotateSecretCommand({ SecretId: 'Token' }))).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringContaining('secretsmanager:RotateSecret'),
    })
  })

  it('can be read by a role only if that is granted', async () => {
    const { SecretString } = await reader.send(new GetSecretValueCommand({ SecretId: 'Token' }))
    expect(SecretString).toHaveLength(64)
    const other = reader.send(new GetSecretValueCommand({ SecretId: 'given/name' }))
    await expect(other).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringMatching(/perform: secretsmanager:GetSecretValue on resource: arn:.*:secret:given\/name-/),
    })
  })

  it('bills its reader one request', () => {
    const units = cloud.meter.lines().filter(({ unit }) => unit === 'secretsRequest')
    expect(units.find(({ by }) => by === 'Reader')?.quantity).toBe(1)
  })
})

it('takes a log group', () => {
  expect(cloud.outputs['LogsArn']).toBe('arn:aws:logs:us-east-1:000000000000:log-group:Logs:*')
})
