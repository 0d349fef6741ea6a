import { BatchGetItemCommand } from '@aws-sdk/client-dynamodb'
import { backoffMs, pause } from '../../domain/kit/backoff.ts'
import { chunksOf, inParallel } from '../../domain/kit/in-parallel.ts'
import type { JobKey } from '../../domain/job/stored-job.ts'
import type { Item } from '../kit/item.ts'
import type { ResultsTable } from './result-item.ts'
import { resultKey } from './result-item.ts'

const KEYS_PER_CALL = 100
const CALLS_AT_ONCE = 4
const TRIES = 6
const RETRY = { baseMs: 50, capMs: 1_000 }

export interface ReadItemsOptions {
  readonly strong: boolean
  /** The attributes to read, which may be parts of a map, like `state.version`; all by default. */
  readonly attributes?: readonly string[]
}

/** Reads many records, in any order; a key without a record is left out. The keys must differ. */
export async function readItems(
  table: ResultsTable,
  keys: readonly JobKey[],
  options: ReadItemsOptions,
): Promise<Item[]> {
  const chunks = await inParallel(chunksOf(keys, KEYS_PER_CALL), CALLS_AT_ONCE, (chunk) =>
    readChunk(table, chunk, options),
  )
  return chunks.flat()
}

async function readChunk(
  { client, tableName, shards, clock }: ResultsTable,
  keys: readonly JobKey[],
  { strong, attributes }: ReadItemsOptions,
): Promise<Item[]> {
  const found: Item[] = []
  const projection = attributes === undefined ? {} : projectionOf(attributes)
  let left: Item[] = keys.map((key) => resultKey(key, shards))
  for (let attempt = 0; left.length > 0; attempt++) {
    if (attempt === TRIES) throw new Error(`DynamoDB left ${left.length} reads undone after ${TRIES} tries.`)
    if (attempt > 0) await pause(clock, backoffMs(attempt, RETRY))
    const { Responses: responses, UnprocessedKeys: unprocessed } = await client.send(
      new BatchGetItemCommand({
        RequestItems: { [tableName]: { Keys: left, ConsistentRead: strong, ...projection } },
      }),
    )
    found.push(...(responses?.[tableName] ?? []))
    left = unprocessed?.[tableName]?.Keys ?? []
  }
  return found
}

/** Takes names like `state.version`. Each part gets a placeholder, because some are reserved words. */
export function projectionOf(attributes: readonly string[]): {
  ProjectionExpression: string
  ExpressionAttributeNames: Record<string, string>
} {
  const parts = new Set(attributes.flatMap((name) => name.split('.')))
  return {
    ProjectionExpression: attributes.map((name) => `#${name.replace('.', '.#')}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries([...parts].map((part) => [`#${part}`, part])),
  }
}
