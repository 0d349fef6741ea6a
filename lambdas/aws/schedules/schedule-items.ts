import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { WireError } from '../../../protocol/kit/errors.ts'
import type { NewSchedule, ScheduleKey, ScheduleStore, StoredSchedule } from '../../domain/schedules/schedule-store.ts'
import { PARTITION_KEY, SORT_KEY } from '../../tables.ts'
import type { Item, ItemKey } from '../kit/item.ts'
import { ITEM_IS_NEW, itemKey } from '../kit/item.ts'

export interface ScheduleTable {
  readonly client: DynamoDBClient
  readonly tableName: string
}

/** The schedules in the registry table. */
export function createScheduleStore(table: ScheduleTable): ScheduleStore {
  return {
    read: (key) => getSchedule(table, key),
    insert: (schedule) => insertSchedule(table, schedule),
    list: (namespace, page) => querySchedules(table, namespace, page),

    async pause(schedule) {
      const item = await updateSchedule(table, schedule, {
        UpdateExpression: 'SET paused = :true',
        ExpressionAttributeValues: { ':true': { BOOL: true } },
      })
      return item && readScheduleItem(item, schedule.namespace)
    },

    async resume(schedule, timerId) {
      const item = await updateSchedule(table, schedule, {
        UpdateExpression: 'SET paused = :false, timerId = :timerId',
        condition: 'paused = :true',
        ExpressionAttributeValues: {
          ':false': { BOOL: false },
          ':true': { BOOL: true },
          ':timerId': { S: timerId },
        },
      })
      if (item !== undefined) return readScheduleItem(item, schedule.namespace)
      // It was not paused, or it is gone.
      const present = await getSchedule(table, schedule)
      return present?.createdAt === schedule.createdAt ? present : undefined
    },

    async noteRun(schedule, { runAt, jobId, error }) {
      const [field, text, other] =
        jobId === undefined ? ['lastError', JSON.stringify(error), 'lastJobId'] : ['lastJobId', jobId, 'lastError']
      await updateSchedule(table, schedule, {
        UpdateExpression: `SET lastRunAt = :runAt, ${field} = :result REMOVE ${other}`,
        condition: '(attribute_not_exists(lastRunAt) OR lastRunAt <= :runAt)',
        ExpressionAttributeValues: { ':runAt': { N: String(runAt) }, ':result': { S: text } },
      })
    },

    async remove(schedule) {
      const answer = await ifUnchanged(() =>
        table.client.send(
          new DeleteItemCommand({
            TableName: table.tableName,
            Key: scheduleKey(schedule),
            ConditionExpression: SAME_SCHEDULE,
            ExpressionAttributeValues: sameScheduleValues(schedule),
            ReturnValues: 'ALL_OLD',
          }),
        ),
      )
      return answer?.Attributes && readScheduleItem(answer.Attributes, schedule.namespace)
    },
  }
}

/** The name may belong to another schedule by now. */
const SAME_SCHEDULE = 'createdAt = :createdAt'

async function getSchedule(
  { client, tableName }: ScheduleTable,
  key: ScheduleKey,
): Promise<StoredSchedule | undefined> {
  const { Item: item } = await client.send(
    new GetItemCommand({ TableName: tableName, Key: scheduleKey(key), ConsistentRead: true }),
  )
  return item && readScheduleItem(item, key.namespace)
}

async function insertSchedule(table: ScheduleTable, schedule: NewSchedule): Promise<StoredSchedule | undefined> {
  try {
    await table.client.send(
      new PutItemCommand({
        TableName: table.tableName,
        Item: scheduleItem(schedule),
        ConditionExpression: ITEM_IS_NEW,
      }),
    )
    return undefined
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error
    const present = await getSchedule(table, schedule)
    if (present !== undefined) return present
    throw new Error(`The schedule ${schedule.name} was deleted at the same moment.`, { cause: error })
  }
}

async function querySchedules(
  { client, tableName }: ScheduleTable,
  namespace: string,
  { after, limit }: Parameters<ScheduleStore['list']>[1],
): Promise<StoredSchedule[]> {
  const found: StoredSchedule[] = []
  let start: Item | undefined = after === undefined ? undefined : scheduleKey({ namespace, name: after })
  do {
    const { Items: items = [], LastEvaluatedKey: last } = await client.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: `${PARTITION_KEY} = :pk`,
        ExpressionAttributeValues: { ':pk': { S: schedulePartition(namespace) } },
        Limit: limit - found.length,
        ConsistentRead: true,
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      }),
    )
    found.push(...items.map((item) => readScheduleItem(item, namespace)))
    start = last
  } while (start !== undefined && found.length < limit)
  return found
}

/** Changes a schedule and returns its new item; undefined if it is gone or the condition failed. */
async function updateSchedule(
  { client, tableName }: ScheduleTable,
  schedule: NewSchedule,
  { UpdateExpression, ExpressionAttributeValues, condition }: ScheduleChange,
): Promise<Item | undefined> {
  const answer = await ifUnchanged(() =>
    client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: scheduleKey(schedule),
        UpdateExpression,
        ConditionExpression: condition === undefined ? SAME_SCHEDULE : `${SAME_SCHEDULE} AND ${condition}`,
        ExpressionAttributeValues: { ...ExpressionAttributeValues, ...sameScheduleValues(schedule) },
        ReturnValues: 'ALL_NEW',
      }),
    ),
  )
  return answer?.Attributes
}

interface ScheduleChange {
  readonly UpdateExpression: string
  readonly ExpressionAttributeValues: Item
  readonly condition?: string
}

/** Returns undefined if the condition failed, because the schedule is gone or has changed. */
async function ifUnchanged<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined
    throw error
  }
}

function sameScheduleValues(schedule: NewSchedule): Item {
  return { ':createdAt': { N: String(schedule.createdAt) } }
}

function schedulePartition(namespace: string): string {
  return `${namespace}#schedule`
}

function scheduleKey({ namespace, name }: ScheduleKey): ItemKey {
  return itemKey(schedulePartition(namespace), name)
}

function scheduleItem(schedule: NewSchedule): Item {
  return {
    ...scheduleKey(schedule),
    job: { S: JSON.stringify(schedule.job) },
    timing: { S: JSON.stringify(schedule.timing) },
    paused: { BOOL: schedule.paused },
    timerId: { S: schedule.timerId },
    createdAt: { N: String(schedule.createdAt) },
  }
}

function readScheduleItem(item: Item, namespace: string): StoredSchedule {
  const { [SORT_KEY]: sortKey, job, timing, paused, timerId, createdAt: created } = item
  const { lastRunAt, lastJobId, lastError } = item
  return {
    namespace,
    name: sortKey!.S!,
    job: JSON.parse(job!.S!) as NewSchedule['job'],
    timing: JSON.parse(timing!.S!) as NewSchedule['timing'],
    paused: paused!.BOOL!,
    timerId: timerId!.S!,
    createdAt: Number(created!.N),
    ...(lastRunAt === undefined ? {} : { lastRunAt: Number(lastRunAt.N) }),
    ...(lastJobId === undefined ? {} : { lastJobId: lastJobId.S! }),
    ...(lastError === undefined ? {} : { lastError: JSON.parse(lastError.S!) as WireError }),
  }
}
