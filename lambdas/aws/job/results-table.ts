import {
  BatchExecuteStatementCommand,
  ConditionalCheckFailedException,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { JobKey, KnownJob, StoredJob } from '../../domain/job/stored-job.ts'
import type { JobStore, LoadOptions, StateChange, WriteResult } from '../../domain/job/job-store.ts'
import { inParallel } from '../../domain/kit/in-parallel.ts'
import { FAILED_ATTRIBUTE, PARTITION_KEY, SORT_KEY, TTL_ATTRIBUTE } from '../../tables.ts'
import { failedIndexUpdate, touchesFailedIndex } from './failed-index.ts'
import { insertJobs } from './insert-jobs.ts'
import { readItems } from './read-items.ts'
import { removeJob, rerunJob, unlistFailedJob } from './rerun-job.ts'
import type { Item } from '../kit/item.ts'
import type { ResultsTable } from './result-item.ts'
import { removeWatchers, watchJob } from './watch-job.ts'
import { isExpired, isSubmitted, resultKey, readKnownJob, readStoredJob, stateAttribute } from './result-item.ts'

const STORED_JOB_ATTRIBUTES = [
  ...[PARTITION_KEY, SORT_KEY, TTL_ATTRIBUTE, FAILED_ATTRIBUTE, 'state', 'watchers', 'watchRevision', 'createdAt'],
  ...['task', 'priority', 'queue', 'idempotencyKey', 'metadata', 'tags', 'webhook'],
]
const WRITES_AT_ONCE = 8

/** The results table as the domain sees it. */
export function createResultsTable(table: ResultsTable): JobStore {
  return {
    insert: (jobs, watcher) => insertJobs(table, jobs, watcher),
    read: async (key) => (await findJob(table, key))?.record,
    find: (key) => findJob(table, key),
    rerun: (job, seen, watcher) => rerunJob(table, job, seen, watcher),
    unlistFailed: async (keys) => void (await inParallel(keys, WRITES_AT_ONCE, (key) => unlistFailedJob(table, key))),
    remove: (key) => removeJob(table, key),
    load: (keys, consistency, options) => loadJobs(table, keys, consistency, options),
    watch: (key, watcher, waitUntil) => watchJob(table, key, watcher, waitUntil),
    unwatch: (key, watchers) => removeWatchers(table, key, watchers),
    write: (change) => writeChange(table, change),
    writeMany: (changes) => writeChanges(table, changes),
  }
}

async function findJob({ client, tableName, shards, clock }: ResultsTable, key: JobKey): Promise<KnownJob | undefined> {
  const { Item: item } = await client.send(
    new GetItemCommand({ TableName: tableName, Key: resultKey(key, shards), ConsistentRead: true }),
  )
  return item && isSubmitted(item) && !isExpired(item, clock.now()) ? readKnownJob(item) : undefined
}

async function loadJobs(
  table: ResultsTable,
  keys: readonly JobKey[],
  consistency: 'eventual' | 'strong',
  { withExpired = false, withInput = false }: LoadOptions = {},
): Promise<StoredJob[]> {
  const attributes = withInput ? [...STORED_JOB_ATTRIBUTES, 'input', 'inputRef'] : STORED_JOB_ATTRIBUTES
  const items = await readItems(table, keys, { strong: consistency === 'strong', attributes })
  const now = table.clock.now()
  const isWanted = (item: Item): boolean => withExpired || !isExpired(item, now)
  return items.filter((item) => isSubmitted(item) && isWanted(item)).map(readStoredJob)
}

async function writeChange(table: ResultsTable, change: StateChange): Promise<WriteResult> {
  const { job } = change
  try {
    return { kind: 'stored', job: readStoredJob(await updateState(table, change)) }
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error
    const present = error.Item ?? (await readItems(table, [job], { strong: true }))[0]
    return present !== undefined && isSubmitted(present)
      ? { kind: 'conflict', present: readStoredJob(present) }
      : { kind: 'conflict' }
  }
}

/** Stores one change on condition of the version; with `unwatched`, also of the watch revision. */
async function updateState(
  { client, tableName, shards }: ResultsTable,
  change: StateChange,
  { unwatched = false } = {},
): Promise<Item> {
  const { job, state } = change
  const index = failedIndexUpdate(change)
  const { Attributes: item = {} } = await client.send(
    new UpdateItemCommand({
      TableName: tableName,
      Key: resultKey(job, shards),
      UpdateExpression: `SET #state = :state${index.set}${index.remove}`,
      ConditionExpression:
        '#state.#version = :version AND createdAt = :createdAt' + (unwatched ? ' AND watchRevision = :revision' : ''),
      ExpressionAttributeNames: { '#state': 'state', '#version': 'version' },
      ExpressionAttributeValues: {
        ':state': stateAttribute(state),
        ':version': { N: String(job.state.version) },
        ':createdAt': { N: String(job.createdAt) },
        ...(unwatched ? { ':revision': { N: String(job.watchRevision) } } : {}),
        ...index.values,
      },
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
  )
  return item
}

/**
 * A statement sets one attribute, because the dialects of PartiQL differ on more: AWS wants a SET for each, others a
 * list. A change that also touches the index of failed jobs is written alone, at the same time.
 */
async function writeChanges(
  table: ResultsTable,
  changes: readonly StateChange[],
): Promise<readonly (StoredJob | undefined)[]> {
  const together = changes.filter((change) => !touchesFailedIndex(change))
  const stored = new Map<StateChange, StoredJob>()
  const alone = changes.filter(touchesFailedIndex).map(async (change) => {
    // The cause of a failed write shows when the change is tried again alone.
    await updateState(table, change, { unwatched: true }).then(
      (item) => stored.set(change, readStoredJob(item)),
      () => undefined,
    )
  })
  const [written] = await Promise.all([writeStatements(table, together), ...alone])
  for (const [index, change] of together.entries()) {
    if (written[index] === true) stored.set(change, { ...change.job, state: change.state })
  }
  return changes.map((change) => stored.get(change))
}

/** DynamoDB takes up to 25 statements in one call, which `MAX_CHANGES_PER_CALL` keeps to. */
async function writeStatements(
  { client, tableName, shards }: ResultsTable,
  changes: readonly StateChange[],
): Promise<readonly boolean[]> {
  if (changes.length === 0) return []
  const statement =
    `UPDATE "${tableName}" SET "state"=? WHERE "${PARTITION_KEY}"=? AND "${SORT_KEY}"=? ` +
    `AND "state"."version"=? AND "watchRevision"=? AND "createdAt"=?`
  const { Responses: responses = [] } = await client.send(
    new BatchExecuteStatementCommand({
      Statements: changes.map(({ job, state }) => {
        const { [PARTITION_KEY]: partition, [SORT_KEY]: id } = resultKey(job, shards)
        const seen = [job.state.version, job.watchRevision, job.createdAt].map((value) => ({ N: String(value) }))
        return { Statement: statement, Parameters: [stateAttribute(state), partition, id, ...seen] }
      }),
    }),
  )
  return changes.map((_, index) => responses[index] !== undefined && responses[index].Error === undefined)
}
