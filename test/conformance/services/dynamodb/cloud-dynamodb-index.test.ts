import { DynamoDBClient, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Cloud } from '../../../../local/cloud.ts'
import { clientSettings } from '../../cloud/client-settings.ts'
import { CREDENTIALS_HANDLER, lambdaFunction, role, table, writeAssembly } from '../../cloud/hand-made-assembly.ts'
import { credentialsOf, startAssembly } from '../../cloud/start-assembly.ts'

const TABLE_ARN = { 'Fn::GetAtt': ['Jobs', 'Arn'] }
const INDEX_ARN = { 'Fn::Join': ['', [TABLE_ARN, '/index/failed']] }
const query = (resource: object): object => role({ Effect: 'Allow', Action: 'dynamodb:Query', Resource: resource })

const assembly = writeAssembly(
  {
    Resources: {
      OfTable: lambdaFunction('OfTableRole', 'reader'),
      OfTableRole: query(TABLE_ARN),
      OfIndex: lambdaFunction('OfIndexRole', 'reader'),
      OfIndexRole: query(INDEX_ARN),
      Jobs: table({
        AttributeDefinitions: ['pk', 'sk', 'failed'].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
        GlobalSecondaryIndexes: [
          {
            IndexName: 'failed',
            KeySchema: [
              { AttributeName: 'pk', KeyType: 'HASH' },
              { AttributeName: 'failed', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['ttl'] },
          },
        ],
      }),
    },
  },
  { reader: CREDENTIALS_HANDLER },
)

let cloud: Cloud
let owner: DynamoDBClient
let ofTable: DynamoDBClient
let ofIndex: DynamoDBClient

beforeAll(async () => {
  cloud = await startAssembly(assembly)
  owner = new DynamoDBClient(clientSettings(cloud.endpoint))
  ofTable = await clientOf('OfTable')
  ofIndex = await clientOf('OfIndex')
})
afterAll(async () => {
  for (const each of [owner, ofTable, ofIndex]) each?.destroy()
  await cloud?.close()
  assembly.remove()
})

async function clientOf(name: string): Promise<DynamoDBClient> {
  return new DynamoDBClient(clientSettings(cloud.endpoint, await credentialsOf(cloud, name)))
}

function update(sk: string, expression: string, values?: Record<string, { S: string }>): Promise<unknown> {
  return owner.send(
    new UpdateItemCommand({
      TableName: 'Jobs',
      Key: { pk: { S: 'p' }, sk: { S: sk } },
      UpdateExpression: expression,
      ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
    }),
  )
}

const failed = (index?: string) =>
  new QueryCommand({
    TableName: 'Jobs',
    ...(index === undefined ? {} : { IndexName: index }),
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: 'p' } },
  })

const written = (): number => cloud.meter.lines().find(({ unit }) => unit === 'dynamodbWriteUnit')?.quantity ?? 0

describe('a sparse global index', () => {
  it('has the items that have its key, and only those are billed twice', async () => {
    const start = written()
    await update('fine', 'SET note = :note', { ':note': { S: 'x' } })
    expect(written() - start).toBe(1)
    await update('broken', 'SET failed = :key', { ':key': { S: 'broken#CODE' } })
    expect(written() - start).toBe(3)
    const { Items } = await owner.send(failed('failed'))
    expect(Items).toEqual([{ pk: { S: 'p' }, sk: { S: 'broken' }, failed: { S: 'broken#CODE' } }])
    await update('broken', 'REMOVE failed')
    expect((await owner.send(failed('failed'))).Items).toEqual([])
  })

  it('is its own resource to IAM: a grant for the table does not cover the index, nor the other way round', async () => {
    const denied = (resource: string) => ({
      name: 'AccessDeniedException',
      message: expect.stringContaining(`dynamodb:Query on resource: ${resource} because`),
    })
    const arn = 'arn:aws:dynamodb:us-east-1:000000000000:table/Jobs'
    expect((await ofTable.send(failed())).Items).toHaveLength(2)
    await expect(ofTable.send(failed('failed'))).rejects.toMatchObject(denied(`${arn}/index/failed`))
    expect((await ofIndex.send(failed('failed'))).Items).toHaveLength(0)
    await expect(ofIndex.send(failed())).rejects.toMatchObject(denied(arn))
  })
})
