import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import type { WorkersQuery } from '../../../protocol/workers/parse-worker.ts'
import type { WorkerInfo, WorkersAnswer } from '../../../protocol/workers/worker.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { WorkerPages, WorkerRegistry } from '../../domain/workers/worker-registry.ts'
import { PARTITION_KEY, SORT_KEY, TTL_ATTRIBUTE } from '../../tables.ts'
import type { Item } from '../kit/item.ts'
import { itemKey } from '../kit/item.ts'

export interface WorkersTable {
  readonly client: DynamoDBClient
  readonly tableName: string
  readonly clock: Clock
}

/** It belongs to no namespace: every namespace has a character before the `#`. */
const WORKERS_PARTITION = '#workers'
/** They sort before and after every character of an id. */
const [FIRST, LAST] = ['!', '~']

/** The workers in the registry table: all in one partition, under ids that begin with their queue. */
export function createWorkersTable(table: WorkersTable): WorkerRegistry & WorkerPages {
  return {
    register: (worker, signal) => registerWorker(table, worker, signal),
    page: (query) => readWorkerPage(table, query),
  }
}

/** Uses an update, which the worker's role allows already: tasks run under the same role, so it must allow little. */
async function registerWorker(
  { client, tableName }: WorkersTable,
  worker: WorkerInfo,
  signal: AbortSignal,
): Promise<void> {
  const attributes = Object.entries(workerAttributes(worker))
  await client.send(
    new UpdateItemCommand({
      TableName: tableName,
      Key: itemKey(WORKERS_PARTITION, worker.id),
      UpdateExpression: `SET ${attributes.map((_, index) => `#a${index} = :a${index}`).join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries(attributes.map(([name], index) => [`#a${index}`, name])),
      ExpressionAttributeValues: Object.fromEntries(attributes.map(([, value], index) => [`:a${index}`, value])),
    }),
    { abortSignal: signal },
  )
}

async function readWorkerPage(
  { client, tableName, clock }: WorkersTable,
  { queue, after, limit }: WorkersQuery,
): Promise<WorkersAnswer> {
  const first = queue === undefined ? FIRST : `${queue}:`
  const from = after !== undefined && after >= first ? after + FIRST : first
  const to = queue === undefined ? LAST : first + LAST
  // DynamoDB refuses a range that ends before it begins.
  if (from > to) return { workers: [] }
  const { Items: items = [], LastEvaluatedKey: last } = await client.send(
    new QueryCommand({
      TableName: tableName,
      KeyConditionExpression: `${PARTITION_KEY} = :pk AND ${SORT_KEY} BETWEEN :from AND :to`,
      // The table itself deletes up to two days late.
      FilterExpression: 'expiresAt > :now',
      ExpressionAttributeValues: {
        ':pk': { S: WORKERS_PARTITION },
        ':from': { S: from },
        ':to': { S: to },
        ':now': { N: String(clock.now()) },
      },
      Limit: limit,
    }),
  )
  const workers = items.map(readWorker)
  return last === undefined ? { workers } : { workers, next: last[SORT_KEY]!.S! }
}

function workerAttributes({ kind, queue, tasks, metadata, ...worker }: WorkerInfo): Item {
  const { startedAt, lastSeenAt, lastClaimAt, claims, expiresAt } = worker
  const numbers = {
    startedAt,
    lastSeenAt,
    lastClaimAt,
    claims,
    expiresAt,
    [TTL_ATTRIBUTE]: Math.ceil(expiresAt / 1_000),
  }
  return {
    kind: { S: kind },
    queue: { S: queue },
    tasks: { S: JSON.stringify(tasks) },
    metadata: { S: JSON.stringify(metadata) },
    ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, { N: String(value) }])),
  }
}

function readWorker(item: Item): WorkerInfo {
  const number = (name: string): number => Number(item[name]!.N)
  return {
    id: item[SORT_KEY]!.S!,
    kind: item['kind']!.S as WorkerInfo['kind'],
    queue: item['queue']!.S!,
    tasks: JSON.parse(item['tasks']!.S!) as string[],
    startedAt: number('startedAt'),
    lastSeenAt: number('lastSeenAt'),
    lastClaimAt: number('lastClaimAt'),
    claims: number('claims'),
    metadata: JSON.parse(item['metadata']!.S!) as WorkerInfo['metadata'],
    expiresAt: number('expiresAt'),
  }
}
