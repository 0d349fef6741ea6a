import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { WireError } from '../../../protocol/kit/errors.ts'
import type { NewSchedule, ScheduleKey, ScheduleStore, StoredSchedule } from '../../domain/schedules/ports.ts'

export interface ScheduleTable {
  readonly client: DynamoDBClient
  readonly tableName: string
}

type Item = Record<string, AttributeValue>

/** The schedules, in the registry table. */
export function createScheduleStore(table: ScheduleTable): ScheduleStore {
  return {
    read: (key) => read(table, key),
    insert: (schedule) => insert(table, schedule),
    list: (namespace, page) => list(table, namespace, page),

    async setPaused(schedule, paused) {
      const item = await update(table, schedule, {
        UpdateExpression: 'SET paused = :paused',
        ExpressionAttributeValues: { ':paused': { BOOL: paused } },
      })
      return item && readItem(item, schedule.namespace)
    },

    async noteRun(schedule, { runAt, jobId, error }) {
      const [field, text, other] =
        jobId === undefined ? ['lastError', JSON.stringify(error), 'lastJobId'] : ['lastJobId', jobId, 'lastError']
      await update(table, schedule, {
        UpdateExpression: `SET lastRunAt = :runAt, ${field} = :result REMOVE ${other}`,
        condition: '(attribute_not_exists(lastRunAt) OR lastRunAt <= :runAt)',
        ExpressionAttributeValues: { ':runAt': { N: String(runAt) }, ':result': { S: text } },
      })
    },

    async remove(schedule) {
      await whereIs(() =>
        table.client.send(
          new DeleteItemCommand({
            TableName: table.tableName,
            Key: keyOf(schedule),
            ConditionExpression: SAME_SCHEDULE,
            ExpressionAttributeValues: createdAt(schedule),
          }),
        ),
      )
    },
  }
}

/** A schedule of that name may be another one by now. */
const SAME_SCHEDULE = 'createdAt = :createdAt'

async function read({ client, tableName }: ScheduleTable, key: ScheduleKey): Promise<StoredSchedule | undefined> {
  const { Item: item } = await client.send(
    new GetItemCommand({ TableName: tableName, Key: keyOf(key), ConsistentRead: true }),
  )
  return item && readItem(item, key.namespace)
}

async function insert(table: ScheduleTable, schedule: NewSchedule): Promise<StoredSchedule | undefined> {
  try {
    await table.client.send(
      new PutItemCommand({
        TableName: table.tableName,
        Item: writeItem(schedule),
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    )
    return undefined
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error
    const present = await read(table, schedule)
    if (present !== undefined) return present
    throw new Error(`The schedule ${schedule.name} was deleted at the same moment.`, { cause: error })
  }
}

async function list(
  { client, tableName }: ScheduleTable,
  namespace: string,
  { after, limit }: Parameters<ScheduleStore['list']>[1],
): Promise<StoredSchedule[]> {
  const found: StoredSchedule[] = []
  let start: Item | undefined = after === undefined ? undefined : keyOf({ namespace, name: after })
  do {
    const { Items: items = [], LastEvaluatedKey: last } = await client.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: partitionOf(namespace) } },
        Limit: limit - found.length,
        ConsistentRead: true,
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      }),
    )
    found.push(...items.map((item) => readItem(item, namespace)))
    start = last
  } while (start !== undefined && found.length < limit)
  return found
}

/** Changes a schedule and returns it as it is then; undefined where it is gone or the condition failed. */
async function update(
  { client, tableName }: ScheduleTable,
  schedule: NewSchedule,
  { UpdateExpression, ExpressionAttributeValues, condition }: Update,
): Promise<Item | undefined> {
  const answer = await whereIs(() =>
    client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: keyOf(schedule),
        UpdateExpression,
        ConditionExpression: condition === undefined ? SAME_SCHEDULE : `${SAME_SCHEDULE} AND ${condition}`,
        ExpressionAttributeValues: { ...ExpressionAttributeValues, ...createdAt(schedule) },
        ReturnValues: 'ALL_NEW',
      }),
    ),
  )
  return answer?.Attributes
}

interface Update {
  readonly UpdateExpression: string
  readonly ExpressionAttributeValues: Item
  readonly condition?: string
}

/** Undefined where the condition failed: the schedule is gone. */
async function whereIs<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined
    throw error
  }
}

function createdAt(schedule: NewSchedule): Item {
  return { ':createdAt': { N: String(schedule.createdAt) } }
}

function partitionOf(namespace: string): string {
  return `${namespace}#schedule`
}

function keyOf({ namespace, name }: ScheduleKey): Record<'pk' | 'sk', AttributeValue> {
  return { pk: { S: partitionOf(namespace) }, sk: { S: name } }
}

function writeItem(schedule: NewSchedule): Item {
  return {
    ...keyOf(schedule),
    job: { S: JSON.stringify(schedule.job) },
    timing: { S: JSON.stringify(schedule.timing) },
    paused: { BOOL: schedule.paused },
    createdAt: { N: String(schedule.createdAt) },
  }
}

function readItem(item: Item, namespace: string): StoredSchedule {
  const { sk, job, timing, paused, createdAt: created, lastRunAt, lastJobId, lastError } = item
  return {
    namespace,
    name: sk!.S!,
    job: JSON.parse(job!.S!) as NewSchedule['job'],
    timing: JSON.parse(timing!.S!) as NewSchedule['timing'],
    paused: paused!.BOOL!,
    createdAt: Number(created!.N),
    ...(lastRunAt === undefined ? {} : { lastRunAt: Number(lastRunAt.N) }),
    ...(lastJobId === undefined ? {} : { lastJobId: lastJobId.S! }),
    ...(lastError === undefined ? {} : { lastError: JSON.parse(lastError.S!) as WireError }),
  }
}
