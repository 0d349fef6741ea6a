import { ConditionalCheckFailedException, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import type { JobKey } from '../../domain/job/stored-job.ts'
import type { WatchResult } from '../../domain/job/job-store.ts'
import { readWatcher } from '../../domain/job/watcher.ts'
import { PARTITION_KEY, TTL_ATTRIBUTE } from '../../tables.ts'
import type { Item } from '../kit/item.ts'
import { ITEM_IS_NEW } from '../kit/item.ts'
import type { ResultsTable } from './result-item.ts'
import { isExpired, isSubmitted, readStoredJob, readWatchers, resultKey } from './result-item.ts'

const WATCH_TRIES = 3
/**
 * So many watchers with the longest names need 150 KB of an item's 400. The input, the output and the rest always find
 * room, so that watchers cannot keep a job from ending.
 */
const MAX_WATCHERS = 1_000

/**
 * One update both adds the watcher and returns the state. A finish before it is in that state, and a finish after it
 * sees the watcher. A second update follows if the session has watched over another connection before.
 */
export async function watchJob(
  table: ResultsTable,
  key: JobKey,
  watcher: string,
  waitUntil: number,
): Promise<WatchResult> {
  for (let attempt = 1; ; attempt++) {
    try {
      const item = await addWatcher(table, key, watcher, waitUntil)
      await removeWatchers(table, key, formerEntries(readWatchers(item), watcher))
      return isSubmitted(item) ? { kind: 'watched', job: readStoredJob(item) } : { kind: 'awaited' }
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error
      if (error.Item !== undefined && !isExpired(error.Item, table.clock.now())) {
        const watchers = readWatchers(error.Item)
        const former = formerEntries(watchers, watcher)
        if (former.length === 0 || attempt === WATCH_TRIES) return { kind: 'full', watchers }
        await removeWatchers(table, key, former)
        continue
      }
      if (attempt === WATCH_TRIES) throw error
    }
    if (await replaceExpired(table, key, watcher, waitUntil)) return { kind: 'awaited' }
  }
}

async function addWatcher(
  { client, tableName, shards, clock }: ResultsTable,
  key: JobKey,
  watcher: string,
  waitUntil: number,
): Promise<Item> {
  const { Attributes: item = {} } = await client.send(
    new UpdateItemCommand({
      TableName: tableName,
      Key: resultKey(key, shards),
      UpdateExpression: 'SET #ttl = if_not_exists(#ttl, :until) ADD watchers :watcher, watchRevision :one',
      ConditionExpression:
        `${ITEM_IS_NEW} OR ` +
        '(#ttl > :now AND (attribute_not_exists(watchers) OR size(watchers) < :most OR contains(watchers, :known)))',
      ExpressionAttributeNames: { '#ttl': TTL_ATTRIBUTE },
      ExpressionAttributeValues: {
        ':watcher': { SS: [watcher] },
        ':known': { S: watcher },
        ':most': { N: String(MAX_WATCHERS) },
        ':one': { N: '1' },
        ':until': { N: seconds(waitUntil) },
        ':now': { N: seconds(clock.now()) },
      },
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
  )
  return item
}

/** An expired record must not be watched: it is deleted with its watchers. Returns false if it is gone already. */
async function replaceExpired(
  { client, tableName, shards, clock }: ResultsTable,
  key: JobKey,
  watcher: string,
  waitUntil: number,
): Promise<boolean> {
  try {
    await client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: {
          ...resultKey(key, shards),
          watchers: { SS: [watcher] },
          watchRevision: { N: '1' },
          [TTL_ATTRIBUTE]: { N: seconds(waitUntil) },
        },
        ConditionExpression: '#ttl <= :now',
        ExpressionAttributeNames: { '#ttl': TTL_ATTRIBUTE },
        ExpressionAttributeValues: { ':now': { N: seconds(clock.now()) } },
      }),
    )
    return true
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false
    throw error
  }
}

/** Returns the entries that a session has for its former connections. */
function formerEntries(watchers: readonly string[], watcher: string): string[] {
  const { session } = readWatcher(watcher)
  return watchers.filter((each) => each !== watcher && readWatcher(each).session === session)
}

/** Takes watchers off a job, if it is still there. A finish that has seen them only tries to push in vain. */
export async function removeWatchers(
  { client, tableName, shards }: ResultsTable,
  key: JobKey,
  watchers: readonly string[],
): Promise<void> {
  if (watchers.length === 0) return
  try {
    await client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: resultKey(key, shards),
        UpdateExpression: 'DELETE watchers :gone',
        ConditionExpression: 'attribute_exists(#pk)',
        ExpressionAttributeNames: { '#pk': PARTITION_KEY },
        ExpressionAttributeValues: { ':gone': { SS: [...watchers] } },
      }),
    )
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error
  }
}

function seconds(ms: number): string {
  return String(Math.floor(ms / 1_000))
}
