import type { AttributeValue, QueryCommandInput } from '@aws-sdk/client-dynamodb'
import { QueryCommand } from '@aws-sdk/client-dynamodb'
import type { JobStatus, JobUpdate } from '../../../protocol/job/job.ts'
import type { ListedJob, Payload } from '../../../protocol/list/list.ts'
import type { JobPages } from '../../domain/list/job-pages.ts'
import type { ShardPage, ShardRead } from '../../domain/list/job-pages.ts'
import { FAILED_ATTRIBUTE, FAILED_INDEX, PARTITION_KEY, SORT_KEY, TTL_ATTRIBUTE } from '../../tables.ts'
import { readFailedKey } from '../job/failed-index.ts'
import { projectionOf, readItems } from '../job/read-items.ts'
import type { Item } from '../kit/item.ts'
import type { ResultsTable } from '../job/result-item.ts'
import { isExpired, isSubmitted, readRecord } from '../job/result-item.ts'

/** The fields of the state that lists show. The compiler complains if a new field of an update is missing here. */
const STATE_FIELDS = Object.keys({
  version: true,
  status: true,
  attempts: true,
  startedAt: true,
  finishedAt: true,
  error: true,
  progress: true,
  dueAt: true,
} satisfies Record<Exclude<keyof JobUpdate, 'id' | 'output' | 'outputOmitted'>, true>)

const LISTED_ATTRIBUTES = [
  ...[PARTITION_KEY, SORT_KEY, TTL_ATTRIBUTE, 'task', 'priority', 'queue', 'createdAt', 'metadata', 'tags'],
  ...STATE_FIELDS.map((field) => `state.${field}`),
]

/** The reads that lists make in the results table. */
export function createJobPages(table: ResultsTable): JobPages {
  const isAlive = (item: Item): boolean => isSubmitted(item) && !isExpired(item, table.clock.now())
  return {
    shards: table.shards,
    jobs: async (namespace, read, include) => {
      const page = await queryShard(table, namespace, read, { ConsistentRead: true }, listedAttributes(include))
      return { ...page, entries: page.entries.filter(isAlive).map((item) => readListed(item, include)) }
    },
    states: async (namespace, read) => {
      const page = await queryShard(table, namespace, read, { ConsistentRead: true }, [
        SORT_KEY,
        TTL_ATTRIBUTE,
        'state.status',
      ])
      return { ...page, entries: page.entries.filter(isAlive).map(readStatus) }
    },
    failures: async (namespace, read) => {
      const page = await queryShard(table, namespace, read, { IndexName: FAILED_INDEX })
      const entries = page.entries.filter((item) => !isExpired(item, table.clock.now()))
      return { ...page, entries: entries.map((item) => readFailedKey(item[FAILED_ATTRIBUTE]?.S ?? '')) }
    },
    load: async (namespace, ids, include) => {
      const keys = ids.map((id) => ({ namespace, id }))
      const items = await readItems(table, keys, { strong: true, attributes: listedAttributes(include) })
      return items.filter(isAlive).map((item) => readListed(item, include))
    },
  }
}

/** Reads a shard once: DynamoDB returns at most 1 MB, whatever the limit says. */
async function queryShard(
  { client, tableName }: ResultsTable,
  namespace: string,
  { shard, range, order, limit }: ShardRead,
  options: Pick<QueryCommandInput, 'ConsistentRead' | 'IndexName'>,
  attributes?: readonly string[],
): Promise<ShardPage<Item>> {
  const key = options.IndexName === undefined ? SORT_KEY : FAILED_ATTRIBUTE
  const values: Record<string, AttributeValue> = {
    ':shard': { S: `${namespace}#${shard}` },
    ':from': { S: range.from },
    ':to': { S: range.to },
  }
  const { Items: items = [], LastEvaluatedKey: last } = await client.send(
    new QueryCommand({
      TableName: tableName,
      ...options,
      KeyConditionExpression: `${PARTITION_KEY} = :shard AND ${key} BETWEEN :from AND :to`,
      ExpressionAttributeValues: values,
      ...(attributes === undefined ? {} : projectionOf(attributes)),
      ScanIndexForward: order === 'asc',
      Limit: limit,
    }),
  )
  return {
    entries: items,
    recordsRead: items.length,
    ...(last?.[SORT_KEY]?.S === undefined ? {} : { readTo: last[SORT_KEY].S }),
  }
}

function listedAttributes(include: readonly Payload[]): readonly string[] {
  const input = include.includes('input') ? ['input', 'inputRef'] : []
  const output = include.includes('output') ? ['state.output', 'state.outputRef'] : []
  return [...LISTED_ATTRIBUTES, ...input, ...output]
}

/** Leaves the input out unless it was asked for. */
function readListed(item: Item, include: readonly Payload[]): ListedJob {
  const whole = readRecord({ input: { S: 'null' }, ...item })
  const { namespace: _own, idempotencyKey: _key, input, ...listed } = whole
  return include.includes('input') ? { ...listed, input } : listed
}

function readStatus(item: Item): { id: string; status: JobStatus } {
  return { id: item[SORT_KEY]?.S ?? '', status: item['state']?.M?.['status']?.S as JobStatus }
}
