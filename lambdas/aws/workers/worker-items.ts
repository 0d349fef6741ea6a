import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import type { WorkersQuery } from '../../../protocol/workers/parse-worker.ts'
import type { WorkerInfo, WorkersAnswer } from '../../../protocol/workers/worker.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { WorkerPages, WorkerRegistry } from '../../domain/workers/ports.ts'

export interface WorkersTable {
  readonly client: DynamoDBClient
  readonly tableName: string
  readonly clock: Clock
}

type Item = Record<string, AttributeValue>

/** No namespace's: every namespace has a character before the `#`. */
const PARTITION: AttributeValue = { S: '#workers' }
/** Before and after every character of an id. */
const [FIRST, LAST] = ['!', '~']

/** The workers, in the registry table: all in one partition, by ids that begin with their queue. */
export function createWorkersTable(table: WorkersTable): WorkerRegistry & WorkerPages {
  return {
    register: (worker, signal) => register(table, worker, signal),
    page: (query) => readPage(table, query),
  }
}

/** By an update, for the worker's role has that already: tasks run under it too, so that it is to allow little. */
async function register({ client, tableName }: WorkersTable, worker: WorkerInfo, signal: AbortSignal): Promise<void> {
  const attributes = Object.entries(attributesOf(worker))
  await client.send(
    new UpdateItemCommand({
      TableName: tableName,
      Key: { pk: PARTITION, sk: { S: worker.id } },
      UpdateExpression: `SET ${attributes.map((_, index) => `#a${index} = :a${index}`).join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries(attributes.map(([name], index) => [`#a${index}`, name])),
      ExpressionAttributeValues: Object.fromEntries(attributes.map(([, value], index) => [`:a${index}`, value])),
    }),
    { abortSignal: signal },
  )
}

async function readPage(
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
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
      // The table's own TTL may take days.
      FilterExpression: 'expiresAt > :now',
      ExpressionAttributeValues: {
        ':pk': PARTITION,
        ':from': { S: from },
        ':to': { S: to },
        ':now': { N: String(clock.now()) },
      },
      Limit: limit,
    }),
  )
  const workers = items.map(readItem)
  return last === undefined ? { workers } : { workers, next: last['sk']!.S! }
}

function attributesOf({ kind, queue, tasks, metadata, ...worker }: WorkerInfo): Item {
  const { startedAt, lastSeenAt, lastClaimAt, claims, expiresAt } = worker
  const numbers = { startedAt, lastSeenAt, lastClaimAt, claims, expiresAt, ttl: Math.ceil(expiresAt / 1_000) }
  return {
    kind: { S: kind },
    queue: { S: queue },
    tasks: { S: JSON.stringify(tasks) },
    metadata: { S: JSON.stringify(metadata) },
    ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, { N: String(value) }])),
  }
}

function readItem(item: Item): WorkerInfo {
  const number = (name: string): number => Number(item[name]!.N)
  return {
    id: item['sk']!.S!,
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
