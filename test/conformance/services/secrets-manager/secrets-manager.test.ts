import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  type Filter,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../../local/clock.ts'
import { createSecretsManager } from '../../../../local/services/secrets-manager/service.ts'
import type { LocalService } from '../../../../local/services/service.ts'
import { startWireServer } from '../../../../local/wire/server.ts'
import { awsCall } from '../../../support/aws-call.ts'
import { clientSettings } from '../../cloud/client-settings.ts'
import { cloudContext } from '../../cloud/cloud-context.ts'

const DAY_MS = 24 * 3_600_000

let clock: ManualClock
let service: LocalService
let client: SecretsManagerClient
let close: () => Promise<void>

beforeEach(async () => {
  clock = new ManualClock()
  const server = await startWireServer(0, () => {})
  const endpoint = `http://127.0.0.1:${server.port}`
  service = createSecretsManager(cloudContext({ endpoint, clock }))
  const principalOf = () => ({ kind: 'owner', name: 'client' }) as const
  server.serve({ apis: [service.api!], interceptors: [], principalOf, executeApis: [] })
  client = new SecretsManagerClient(clientSettings(endpoint))
  close = async () => {
    client.destroy()
    await server.close()
  }
})
afterEach(() => close())

const token = (last: string): string => `00000000-0000-4000-8000-${last.padStart(12, '0')}`
const create = (Name: string, SecretString?: string, more: object = {}) =>
  client.send(new CreateSecretCommand({ Name, SecretString, ...more }))
const put = (SecretId: string, SecretString: string, more: object = {}) =>
  client.send(new PutSecretValueCommand({ SecretId, SecretString, ...more }))
const get = (SecretId: string, more: object = {}) => client.send(new GetSecretValueCommand({ SecretId, ...more }))
const stagesOf = async (SecretId: string) =>
  (await client.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages

describe('CreateSecret', () => {
  it('makes a secret of a text, of bytes, or without a value', async () => {
    const made = await create('app/token', 'first', { Description: 'signs', Tags: [{ Key: 'team', Value: 'red' }] })
    expect(made).toMatchObject({
      ARN: expect.stringMatching(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:app\/token-[a-f0-9]{6}$/),
      Name: 'app/token',
    })
    expect(await get('app/token')).toMatchObject({
      SecretString: 'first',
      VersionId: made.VersionId,
      VersionStages: ['AWSCURRENT'],
    })
    expect(await client.send(new DescribeSecretCommand({ SecretId: 'app/token' }))).toMatchObject({
      Description: 'signs',
      Tags: [{ Key: 'team', Value: 'red' }],
      CreatedDate: new Date(clock.now()),
      LastChangedDate: new Date(clock.now()),
    })
    await create('bytes', undefined, { SecretBinary: new Uint8Array([0, 255]) })
    expect((await get('bytes')).SecretBinary).toEqual(new Uint8Array([0, 255]))
    expect((await create('empty')).VersionId).toBeUndefined()
    await expect(get('empty')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    })
  })

  it('refuses a name that is taken or malformed, and accepts the very same call again', async () => {
    const again = { ClientRequestToken: token('1') }
    const first = await create('token', 'first', again)
    expect((await create('token', 'first', again)).VersionId).toBe(first.VersionId)
    for (const call of [() => create('token', 'second', again), () => create('token', 'first')]) {
      await expect(call()).rejects.toMatchObject({
        name: 'ResourceExistsException',
        message: 'The operation failed because the secret token already exists.',
      })
    }
    await expect(create('Inv *Name?', 'x')).rejects.toMatchObject({ name: 'ValidationException' })
    await expect(create('short', 'x', { ClientRequestToken: 'short' })).rejects.toThrow('32-64 characters')
    await expect(create('copied', 'x', { AddReplicaRegions: [{ Region: 'eu-west-1' }] })).rejects.toThrow(
      'does not implement AddReplicaRegions of CreateSecret',
    )
  })
})

describe('a version', () => {
  beforeEach(() => create('token', 'first', { ClientRequestToken: token('1') }))

  it('is put once for a token: again with its value it changes nothing, with another it is refused', async () => {
    await put('token', 'second', { ClientRequestToken: token('2') })
    const again = await put('token', 'second', { ClientRequestToken: token('2') })
    expect(again).toMatchObject({ VersionId: token('2'), VersionStages: ['AWSCURRENT'] })
    for (const call of [
      () => put('token', 'third', { ClientRequestToken: token('2') }),
      () =>
        client.send(
          new UpdateSecretCommand({ SecretId: 'token', SecretString: 'third', ClientRequestToken: token('1') }),
        ),
    ]) {
      await expect(call()).rejects.toMatchObject({
        name: 'ResourceExistsException',
        message: expect.stringMatching(
          /^You can't use ClientRequestToken .* is already in use for a version of secret/,
        ),
      })
    }
    expect((await get('token')).SecretString).toBe('second')
    expect(await stagesOf('token')).toEqual({ [token('1')]: ['AWSPREVIOUS'], [token('2')]: ['AWSCURRENT'] })
  })

  it('takes the stages that it is given, and its stages move on', async () => {
    await put('token', 'second', { ClientRequestToken: token('2'), VersionStages: ['AWSPENDING'] })
    expect((await get('token')).SecretString).toBe('first')
    expect((await get('token', { VersionStage: 'AWSPENDING' })).SecretString).toBe('second')
    const move = (more: object) =>
      client.send(
        new UpdateSecretVersionStageCommand({
          SecretId: 'token',
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: token('2'),
          ...more,
        }),
      )
    await expect(move({})).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringContaining(`attached to version ${token('1')}`),
    })
    await move({ RemoveFromVersionId: token('1') })
    expect(await stagesOf('token')).toEqual({
      [token('1')]: ['AWSPREVIOUS'],
      [token('2')]: ['AWSPENDING', 'AWSCURRENT'],
    })
    await put('token', 'third', { ClientRequestToken: token('3') })
    expect(await stagesOf('token')).toEqual({ [token('2')]: ['AWSPREVIOUS'], [token('3')]: ['AWSCURRENT'] })
    await expect(move({ RemoveFromVersionId: token('3'), MoveToVersionId: undefined })).rejects.toThrow(
      "can't be completely removed",
    )
  })

  it('is found by its id and its stage, which must fit', async () => {
    await put('token', 'second', { ClientRequestToken: token('2') })
    expect((await get('token', { VersionId: token('1') })).SecretString).toBe('first')
    expect((await get('token', { VersionId: token('1'), VersionStage: 'AWSPREVIOUS' })).SecretString).toBe('first')
    await expect(get('token', { VersionId: token('9') })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `Secrets Manager can't find the specified secret value for VersionId: ${token('9')}`,
    })
    await expect(get('token', { VersionId: token('1'), VersionStage: 'AWSCURRENT' })).rejects.toMatchObject({
      name: 'InvalidRequestException',
    })
  })

  it('is listed as long as it has a stage, or if deprecated ones are asked for, in pages', async () => {
    await put('token', 'second', { ClientRequestToken: token('2') })
    await put('token', 'third', { ClientRequestToken: token('3') })
    const list = (more: object = {}) => client.send(new ListSecretVersionIdsCommand({ SecretId: 'token', ...more }))
    const { Versions } = await list()
    expect(Versions).toEqual([
      {
        VersionId: token('2'),
        VersionStages: ['AWSPREVIOUS'],
        CreatedDate: new Date(clock.now()),
        KmsKeyIds: ['DefaultEncryptionKey'],
      },
      expect.objectContaining({ VersionId: token('3'), VersionStages: ['AWSCURRENT'] }),
    ])
    const first = await list({ IncludeDeprecated: true, MaxResults: 2 })
    expect(first.Versions!.map(({ VersionId }) => VersionId)).toEqual([token('1'), token('2')])
    const second = await list({ IncludeDeprecated: true, MaxResults: 2, NextToken: first.NextToken })
    expect(second.Versions!.map(({ VersionId }) => VersionId)).toEqual([token('3')])
    expect(second.NextToken).toBeUndefined()
  })
})

it('UpdateSecret changes the description alone, or the value too', async () => {
  await create('token', 'first', { ClientRequestToken: token('1') })
  await clock.advance(1_000)
  const update = (more: object) => client.send(new UpdateSecretCommand({ SecretId: 'token', ...more }))
  expect((await update({ Description: 'signs' })).VersionId).toBeUndefined()
  expect(await client.send(new DescribeSecretCommand({ SecretId: 'token' }))).toMatchObject({
    Description: 'signs',
    LastChangedDate: new Date(clock.now()),
    VersionIdsToStages: { [token('1')]: ['AWSCURRENT'] },
  })
  expect(await update({ SecretString: 'second', ClientRequestToken: token('2') })).toMatchObject({
    VersionId: token('2'),
  })
  expect(await get('token')).toMatchObject({ SecretString: 'second' })
  await expect(update({ SecretString: 'x', SecretBinary: new Uint8Array([1]) })).rejects.toMatchObject({
    name: 'InvalidParameterException',
  })
})

describe('a deletion', () => {
  const remove = (more: object = {}) => client.send(new DeleteSecretCommand({ SecretId: 'token', ...more }))
  beforeEach(() => create('token', 'first'))

  it('is planned, and can be taken back until its day', async () => {
    const { DeletionDate } = await remove({ RecoveryWindowInDays: 7 })
    expect(DeletionDate).toEqual(new Date(clock.now() + 7 * DAY_MS))
    await expect(get('token')).rejects.toMatchObject({ name: 'InvalidRequestException' })
    await expect(remove()).rejects.toThrow('already scheduled for deletion')
    await expect(create('token', 'second')).rejects.toThrow('already scheduled for deletion')
    expect(await client.send(new DescribeSecretCommand({ SecretId: 'token' }))).toMatchObject({
      DeletedDate: new Date(clock.now()),
    })
    await clock.advance(7 * DAY_MS - 1)
    await client.send(new RestoreSecretCommand({ SecretId: 'token' }))
    expect((await get('token')).SecretString).toBe('first')
    await remove({ RecoveryWindowInDays: 7 })
    await clock.advance(7 * DAY_MS)
    await expect(client.send(new RestoreSecretCommand({ SecretId: 'token' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
    await create('token', 'second')
  })

  it('is at once without recovery, and no error if the secret is gone', async () => {
    await remove({ ForceDeleteWithoutRecovery: true })
    await expect(get('token')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    expect((await remove({ ForceDeleteWithoutRecovery: true })).Name).toBe('token')
    await expect(remove()).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await create('token', 'second')
  })

  it('has a window of 7 to 30 days, or none', async () => {
    for (const more of [
      { RecoveryWindowInDays: 6 },
      { RecoveryWindowInDays: 31 },
      { RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true },
    ]) {
      await expect(remove(more)).rejects.toMatchObject({ name: 'InvalidParameterException' })
    }
  })
})

describe('ListSecrets', () => {
  const list = (more: object = {}) => client.send(new ListSecretsCommand(more))
  const names = async (more: object = {}) => (await list(more)).SecretList!.map(({ Name }) => Name)

  beforeEach(async () => {
    await create('app/token', 'x', { Description: 'Signs tokens', Tags: [{ Key: 'team', Value: 'red' }] })
    await clock.advance(1_000)
    await create('app/mail', 'x', { Description: 'The mail account', Tags: [{ Key: 'Team', Value: 'blue' }] })
    await clock.advance(1_000)
    await create('zoo', 'x', { Tags: [{ Key: 'cost', Value: 'red-1' }] })
  })

  it.each<[Filter[], string[]]>([
    [[{ Key: 'name', Values: ['app/'] }], ['app/token', 'app/mail']],
    [[{ Key: 'name', Values: ['APP'] }], []],
    [[{ Key: 'name', Values: ['!app/'] }], ['zoo']],
    [[{ Key: 'name', Values: ['app/t', 'zoo'] }], ['app/token', 'zoo']],
    [[{ Key: 'description', Values: ['signs'] }], ['app/token']],
    [[{ Key: 'tag-key', Values: ['team'] }], ['app/token']],
    [[{ Key: 'tag-value', Values: ['red'] }], ['app/token', 'zoo']],
    [
      [
        { Key: 'tag-value', Values: ['red'] },
        { Key: 'name', Values: ['zoo'] },
      ],
      ['zoo'],
    ],
    [[{ Key: 'all', Values: ['MAIL account'] }], ['app/mail']],
    [[{ Key: 'owning-service', Values: ['rds'] }], []],
  ])('filters by %j', async (Filters, expected) => {
    expect(await names({ Filters })).toEqual(expected)
  })

  it('has pages and an order', async () => {
    const first = await list({ MaxResults: 2 })
    expect(first.SecretList!.map(({ Name }) => Name)).toEqual(['app/token', 'app/mail'])
    const second = await list({ MaxResults: 2, NextToken: first.NextToken })
    expect(second.SecretList!.map(({ Name }) => Name)).toEqual(['zoo'])
    expect(second.NextToken).toBeUndefined()
    expect(await names({ SortOrder: 'desc' })).toEqual(['zoo', 'app/mail', 'app/token'])
    expect(await names({ SortBy: 'name' })).toEqual(['app/mail', 'app/token', 'zoo'])
    await expect(list({ NextToken: 'nonsense' })).rejects.toMatchObject({ name: 'InvalidNextTokenException' })
    await expect(list({ MaxResults: 101 })).rejects.toMatchObject({ name: 'ValidationException' })
    await expect(list({ Filters: [{ Key: 'colour', Values: ['x'] }] })).rejects.toThrow('filters.1.member.key')
  })

  it('shows secrets whose deletion is planned only if it is asked to', async () => {
    await client.send(new DeleteSecretCommand({ SecretId: 'zoo' }))
    expect(await names()).toEqual(['app/token', 'app/mail'])
    expect(await names({ IncludePlannedDeletion: true })).toEqual(['app/token', 'app/mail', 'zoo'])
  })
})

it('tags and untags a secret', async () => {
  await create('token', 'x', { Tags: [{ Key: 'team', Value: 'red' }] })
  const Tags = [
    { Key: 'team', Value: 'blue' },
    { Key: 'cost', Value: '1' },
  ]
  await client.send(new TagResourceCommand({ SecretId: 'token', Tags }))
  const tags = async () => (await client.send(new DescribeSecretCommand({ SecretId: 'token' }))).Tags
  expect(await tags()).toEqual(Tags)
  await client.send(new UntagResourceCommand({ SecretId: 'token', TagKeys: ['team'] }))
  expect(await tags()).toEqual([{ Key: 'cost', Value: '1' }])
})

it('makes random passwords', async () => {
  const make = (more: object = {}) => client.send(new GetRandomPasswordCommand(more))
  expect((await make()).RandomPassword).toHaveLength(32)
  const { RandomPassword } = await make({ PasswordLength: 12, ExcludePunctuation: true, ExcludeCharacters: 'abc' })
  expect(RandomPassword).toMatch(/^[A-Zd-z0-9]{12}$/)
  await expect(make({ PasswordLength: 2 })).rejects.toMatchObject({ name: 'InvalidParameterException' })
})

it('refuses nulls and numbers in the place of texts, and names that objects inherit', async () => {
  const call = async (operation: string, body: object): Promise<unknown> => {
    const endpoint = await client.config.endpoint!()
    const response = await fetch(`http://${endpoint.hostname}:${endpoint.port}`, {
      method: 'POST',
      headers: { 'x-amz-target': `secretsmanager.${operation}` },
      body: JSON.stringify(body),
    })
    return ((await response.json()) as { __type?: string }).__type
  }
  await create('token', 'x')
  expect(await call('ListSecrets', { Filters: [null] })).toBe('ValidationException')
  expect(await call('GetSecretValue', { SecretId: null })).toBe('ValidationException')
  expect(await call('PutSecretValue', { SecretId: 'token', SecretString: 1 })).toBe('ValidationException')
  expect(await call('TagResource', { SecretId: 'token', Tags: [null] })).toBe('InvalidParameterException')
  expect(await call('ListSecrets', { SortBy: 'toString' })).toBe('ValidationException')
  expect(await call('toString', {})).toBe('UnknownOperationException')
  expect(await call('DescribeSecret', { SecretId: 'toString' })).toBe('ResourceNotFoundException')
})

it('gives a template the version of a secret that its reference names', async () => {
  await create('token', '{"key":"old"}')
  const input = { SecretId: 'token', SecretString: '{"key":"new"}' }
  const { VersionId } = await client.send(new PutSecretValueCommand(input))
  const resolved = (rest: string) => service.dynamicReference!(`secretsmanager:token:SecretString:key:${rest}`)
  expect([resolved(''), resolved('AWSCURRENT'), resolved('AWSPREVIOUS')]).toEqual(['new', 'new', 'old'])
  expect([resolved(`:${VersionId}`), resolved('AWSPENDING')]).toEqual(['new', undefined])
})

it('needs permissions at the secret, and at tags for a secret that is made with them', async () => {
  const needs = (operation: string, input: Record<string, unknown>) =>
    service.api!.authorizations(awsCall('secretsmanager', operation, { input }))
  const resourceArn = (await create('token', 'x')).ARN
  for (const operation of ['UpdateSecret', 'DeleteSecret', 'RestoreSecret', 'ListSecretVersionIds', 'TagResource']) {
    expect(needs(operation, { SecretId: 'token' })).toEqual([{ action: `secretsmanager:${operation}`, resourceArn }])
  }
  for (const operation of ['ListSecrets', 'GetRandomPassword']) {
    expect(needs(operation, {})).toEqual([{ action: `secretsmanager:${operation}`, resourceArn: '*' }])
  }
  expect(needs('CreateSecret', { Name: 'token', Tags: [{ Key: 'team', Value: 'red' }] })).toEqual([
    { action: 'secretsmanager:CreateSecret', resourceArn },
    { action: 'secretsmanager:TagResource', resourceArn },
  ])
})
