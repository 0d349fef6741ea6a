import {
  BatchExecuteStatementCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  CreateBackupCommand,
  DescribeContinuousBackupsCommand,
  DescribeEndpointsCommand,
  DescribeLimitsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { Cloud } from '../../../../local/cloud.ts'
import type { BilledUnit } from '../../../../local/meter.ts'
import { clientSettings } from '../../cloud/client-settings.ts'
import { CREDENTIALS_HANDLER, lambdaFunction, role, table, writeAssembly } from '../../cloud/hand-made-assembly.ts'
import { credentialsOf, startAssembly } from '../../cloud/start-assembly.ts'

const TABLE_ARN = { 'Fn::GetAtt': ['Jobs', 'Arn'] }
const READER_ACTIONS = ['dynamodb:GetItem', 'dynamodb:PartiQLSelect', 'dynamodb:CreateBackup']

const assembly = writeAssembly(
  {
    Resources: {
      Reader: lambdaFunction('ReaderRole', 'reader'),
      ReaderRole: role({ Effect: 'Allow', Action: READER_ACTIONS, Resource: TABLE_ARN }),
      Jobs: table(),
    },
    Outputs: { Name: { Value: { Ref: 'Jobs' } }, Arn: { Value: TABLE_ARN } },
  },
  { reader: CREDENTIALS_HANDLER },
)

let cloud: Cloud
let owner: DynamoDBClient
let reader: DynamoDBClient

beforeAll(async () => {
  cloud = await startAssembly(assembly)
  owner = new DynamoDBClient(clientSettings(cloud.endpoint))
  reader = new DynamoDBClient(clientSettings(cloud.endpoint, await credentialsOf(cloud, 'Reader')))
})
afterAll(async () => {
  owner?.destroy()
  reader?.destroy()
  await cloud?.close()
  assembly.remove()
})

const key = (sk: string) => ({ pk: { S: 'p' }, sk: { S: sk } })
const put = (sk: string, more: object = {}) =>
  new PutItemCommand({
    TableName: 'Jobs',
    Item: { ...key(sk), ...more },
    ConditionExpression: 'attribute_not_exists(pk)',
  })
const insert = (sk: string) => ({ Statement: `INSERT INTO "Jobs" VALUE {'pk': 'p', 'sk': '${sk}'}` })

describe('the table of a template', () => {
  it('has its keys, its time to live, and the ARN of the account', async () => {
    expect(cloud.outputs).toEqual({ Name: 'Jobs', Arn: 'arn:aws:dynamodb:us-east-1:000000000000:table/Jobs' })
    const { Table } = await owner.send(new DescribeTableCommand({ TableName: 'Jobs' }))
    expect(Table?.TableArn).toBe(cloud.outputs['Arn'])
    expect(Table?.KeySchema?.map(({ AttributeName }) => AttributeName)).toEqual(['pk', 'sk'])
    const { TimeToLiveDescription } = await owner.send(new DescribeTimeToLiveCommand({ TableName: 'Jobs' }))
    expect(TimeToLiveDescription).toEqual({ AttributeName: 'ttl', TimeToLiveStatus: 'ENABLED' })
    expect((await owner.send(new ListTablesCommand({}))).TableNames).toEqual(['Jobs'])
  })

  it('has limits, endpoints and no backups', async () => {
    expect(await owner.send(new DescribeLimitsCommand({}))).toMatchObject({ TableMaxReadCapacityUnits: 40_000 })
    const { Endpoints } = await owner.send(new DescribeEndpointsCommand({}))
    expect(Endpoints).toEqual([{ Address: new URL(cloud.endpoint).host, CachePeriodInMinutes: 1_440 }])
    const backups = (TableName: string) => owner.send(new DescribeContinuousBackupsCommand({ TableName }))
    expect((await backups('Jobs')).ContinuousBackupsDescription).toEqual({
      ContinuousBackupsStatus: 'ENABLED',
      PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'DISABLED' },
    })
    await expect(backups('Missing')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await expect(reader.send(new DescribeLimitsCommand({}))).rejects.toMatchObject({ name: 'AccessDeniedException' })
  })

  it('refuses what the engine does not have by its name', async () => {
    const backup = owner.send(new CreateBackupCommand({ TableName: 'Jobs', BackupName: 'one' }))
    await expect(backup).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringContaining('CreateBackup'),
    })
  })

  it('gives a typed error with the old item if a condition fails', async () => {
    await owner.send(put('once', { note: { S: 'first' } }))
    const again = owner.send(
      new PutItemCommand({ ...put('once').input, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
    )
    const error = await again.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(ConditionalCheckFailedException)
    expect((error as ConditionalCheckFailedException).Item).toMatchObject({ note: { S: 'first' } })
  })
})

describe('the role of a function', () => {
  it('lets it make the calls that are granted', async () => {
    await owner.send(put('granted'))
    const { Item } = await reader.send(new GetItemCommand({ TableName: 'Jobs', Key: key('granted') }))
    expect(Item).toEqual(key('granted'))
    const statement = { Statement: `SELECT * FROM "Jobs" WHERE pk = 'p' AND sk = 'granted'` }
    const { Responses } = await reader.send(new BatchExecuteStatementCommand({ Statements: [statement] }))
    expect(Responses?.[0]?.Item).toEqual(key('granted'))
  })

  const denied = (action: string): object => ({
    name: 'AccessDeniedException',
    message:
      `User: arn:aws:sts::000000000000:assumed-role/ReaderRole/Reader is not authorized to perform: ${action} ` +
      `on resource: arn:aws:dynamodb:us-east-1:000000000000:table/Jobs ` +
      `because no identity-based policy allows the ${action} action`,
  })

  it('refuses the others, and names the action and the resource', async () => {
    await expect(reader.send(put('refused'))).rejects.toMatchObject(denied('dynamodb:PutItem'))
    const { Item } = await owner.send(new GetItemCommand({ TableName: 'Jobs', Key: key('refused') }))
    expect(Item).toBeUndefined()
  })

  it('refuses a batch of statements by the action of PartiQL', async () => {
    const batch = new BatchExecuteStatementCommand({ Statements: [insert('a'), insert('b')] })
    await expect(reader.send(batch)).rejects.toMatchObject(denied('dynamodb:PartiQLInsert'))
  })

  it('must allow every table of a batch', async () => {
    const write = { PutRequest: { Item: key('x') } }
    const batch = new BatchWriteItemCommand({ RequestItems: { Jobs: [write] } })
    await expect(reader.send(batch)).rejects.toMatchObject(denied('dynamodb:BatchWriteItem'))
  })

  it('is not enough for an operation that the local cloud does not know, and the error names the operation', async () => {
    const backup = new CreateBackupCommand({ TableName: 'Jobs', BackupName: 'backup' })
    await expect(reader.send(backup)).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringContaining('dynamodb:CreateBackup'),
    })
  })
})

describe('metering', () => {
  const before = new Map<string, number>()
  const quantity = (unit: BilledUnit, by: string): number =>
    cloud.meter.lines().find((line) => line.unit === unit && line.by === by)?.quantity ?? 0
  const counted = (unit: BilledUnit, by = 'client'): number => quantity(unit, by) - (before.get(`${unit} ${by}`) ?? 0)
  beforeEach(() => {
    for (const { unit, by, quantity: total } of cloud.meter.lines()) before.set(`${unit} ${by}`, total)
  })

  it('counts what a call consumes to its caller, and keeps the answer as AWS gives it', async () => {
    const written = await owner.send(put('metered', { note: { S: 'x'.repeat(2500) } }))
    expect(written.ConsumedCapacity).toBeUndefined()
    expect(counted('dynamodbWriteUnit')).toBe(3)
    const read = await reader.send(new GetItemCommand({ TableName: 'Jobs', Key: key('metered'), ConsistentRead: true }))
    expect(read.ConsumedCapacity).toBeUndefined()
    expect(read.Item?.['note']?.S).toHaveLength(2500)
    expect(counted('dynamodbReadUnit', 'Reader')).toBe(1)
  })

  it('leaves the capacity in the answer if the caller asked for it', async () => {
    const asked = new UpdateItemCommand({
      TableName: 'Jobs',
      Key: key('asked'),
      UpdateExpression: 'ADD n :one',
      ExpressionAttributeValues: { ':one': { N: '1' } },
      ReturnConsumedCapacity: 'TOTAL',
    })
    expect((await owner.send(asked)).ConsumedCapacity).toEqual({ TableName: 'Jobs', CapacityUnits: 1 })
    expect(counted('dynamodbWriteUnit')).toBe(1)
  })

  it('counts a write whose condition fails', async () => {
    await owner.send(put('failing'))
    await expect(owner.send(put('failing'))).rejects.toBeInstanceOf(ConditionalCheckFailedException)
    expect(counted('dynamodbWriteUnit')).toBe(2)
    await owner.send(new BatchExecuteStatementCommand({ Statements: [insert('failing')] }))
    expect(counted('dynamodbWriteUnit')).toBe(3)
  })

  it('is not confused by an attribute of the same name', async () => {
    const item = { ...key('ConsumedCapacity'), ConsumedCapacity: { M: { CapacityUnits: { N: '7' } } } }
    await owner.send(new PutItemCommand({ TableName: 'Jobs', Item: item }))
    const query = new QueryCommand({
      TableName: 'Jobs',
      KeyConditionExpression: 'pk = :pk AND sk = :sk',
      ExpressionAttributeValues: { ':pk': { S: 'p' }, ':sk': { S: 'ConsumedCapacity' } },
    })
    const { Items, ConsumedCapacity } = await owner.send(query)
    expect(Items).toEqual([item])
    expect(ConsumedCapacity).toBeUndefined()
    expect(counted('dynamodbReadUnit')).toBe(0.5)
  })
})

describe('a request that no service takes', () => {
  const post = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${cloud.endpoint}/`, { method: 'POST', headers, body: 'Action=Publish' })

  it('is refused by name', async () => {
    const target = await post({ 'x-amz-target': 'AWSEvents.PutEvents' })
    expect([target.status, target.headers.get('x-amzn-errortype')]).toEqual([400, 'UnknownOperationException'])
    expect(await target.json()).toMatchObject({ message: expect.stringContaining('AWSEvents.PutEvents') })
    const authorization = 'AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/sns/aws4_request, Signature=x'
    const query = await post({ 'content-type': 'application/x-www-form-urlencoded', authorization })
    expect(query.status).toBe(400)
    expect(await query.text()).toMatch(/sns:Publish is not available locally/)
    const path = await fetch(`${cloud.endpoint}/nowhere`)
    expect([path.status, await path.json()]).toMatchObject([404, { message: expect.stringContaining('GET /nowhere') }])
    const api = await fetch(`${cloud.endpoint}/_aws/execute-api/abcdefghij/v1/`)
    expect([api.status, await api.json()]).toMatchObject([404, { message: expect.stringContaining('abcdefghij') }])
  })

  it('gets its error in the service’s dialect if its JSON is malformed', async () => {
    const answer = await post({ 'x-amz-target': 'secretsmanager.GetSecretValue' })
    expect([answer.status, await answer.json()]).toMatchObject([400, { __type: 'SerializationException' }])
  })
})
