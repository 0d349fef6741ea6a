import type { AttributeValue, BatchStatementResponse } from '@aws-sdk/client-dynamodb'
import {
  BatchExecuteStatementCommand,
  ConditionalCheckFailedException,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { backoffMs, pause } from '../../domain/kit/backoff.ts'
import { chunksOf, inParallel } from '../../domain/kit/in-parallel.ts'
import { stateOfNew } from '../../domain/job/known-job.ts'
import type { InsertResult } from '../../domain/job/job-store.ts'
import type { NewJob } from '../../domain/job/stored-job.ts'
import { readItems } from './read-items.ts'
import { SORT_KEY, TTL_ATTRIBUTE } from '../../tables.ts'
import type { Item } from '../kit/item.ts'
import { ITEM_EXISTS, ITEM_IS_NEW } from '../kit/item.ts'
import type { ResultsTable } from './result-item.ts'
import { isExpired, isSubmitted, resultKey, readKnownJob, stateAttribute, staticAttributes } from './result-item.ts'

const STATEMENTS_PER_CALL = 25
const CALLS_AT_ONCE = 6
const TRIES = 5
const RETRY = { baseMs: 50, capMs: 1_000 }

/** Errors of a single statement that may not come again at another try. */
const PASSING_ERRORS = new Set([
  'RequestLimitExceeded',
  'ProvisionedThroughputExceeded',
  'ThrottlingError',
  'InternalServerError',
  'TransactionConflict',
])

/** Inserts jobs with different ids: a single job by one put, many by batches of conditional inserts. */
export async function insertJobs(
  table: ResultsTable,
  jobs: readonly NewJob[],
  watcher: string | undefined,
): Promise<InsertResult[]> {
  if (jobs.length === 1) return [await insertOne(table, jobs[0]!, watcher)]
  const verdicts = await inParallel(chunksOf(jobs, STATEMENTS_PER_CALL), CALLS_AT_ONCE, (chunk) =>
    insertChunk(table, chunk, watcher),
  )
  const results = verdicts.flat()
  const known = jobs.filter((_, index) => results[index] === 'known')
  const settled = known.length === 0 ? new Map<string, InsertResult>() : await insertKnown(table, known, watcher)
  return results.map((result, index) => (result === 'known' ? settled.get(jobs[index]!.id)! : result))
}

type Verdict = InsertResult | 'known'

async function insertChunk(
  table: ResultsTable,
  jobs: readonly NewJob[],
  watcher: string | undefined,
): Promise<Verdict[]> {
  const verdicts = new Array<Verdict>(jobs.length)
  let left = jobs.map((_, index) => index)
  for (let attempt = 0; left.length > 0 && attempt < TRIES; attempt++) {
    if (attempt > 0) await pause(table.clock, backoffMs(attempt, RETRY))
    const tried = left
    try {
      const chunk = tried.map((index) => jobs[index]!)
      const responses = await insertStatements(table, chunk, watcher)
      left = tried.filter((_, position) => PASSING_ERRORS.has(responses[position]?.Error?.Code ?? ''))
      for (const [position, index] of tried.entries()) verdicts[index] = insertVerdict(responses[position])
    } catch (cause) {
      // The client has tried again by itself already. The other chunks go on.
      for (const index of tried) verdicts[index] = { kind: 'unavailable', cause }
      break
    }
  }
  return verdicts
}

function insertVerdict(response: BatchStatementResponse | undefined): Verdict {
  if (response === undefined) return { kind: 'unavailable', cause: 'DynamoDB did not answer a statement.' }
  const { Error: error } = response
  if (error === undefined) return { kind: 'inserted' }
  return error.Code === 'DuplicateItem' ? 'known' : { kind: 'unavailable', cause: `${error.Code}: ${error.Message}` }
}

async function insertStatements(
  { client, tableName, shards }: ResultsTable,
  jobs: readonly NewJob[],
  watcher: string | undefined,
): Promise<readonly BatchStatementResponse[]> {
  const { Responses: responses = [] } = await client.send(
    new BatchExecuteStatementCommand({
      Statements: jobs.map((job) => {
        const item = newItem(job, shards, watcher)
        const fields = Object.keys(item).map((name) => `'${name}':?`)
        return { Statement: `INSERT INTO "${tableName}" VALUE {${fields.join(',')}}`, Parameters: Object.values(item) }
      }),
    }),
  )
  return responses
}

/** Handles ids that the table has: a job, or only watchers who wait for one, or an expired record. */
async function insertKnown(
  table: ResultsTable,
  jobs: readonly NewJob[],
  watcher: string | undefined,
): Promise<Map<string, InsertResult>> {
  const now = table.clock.now()
  const items = new Map((await readItems(table, jobs, { strong: true })).map((item) => [item[SORT_KEY]?.S, item]))
  const results = await inParallel(jobs, CALLS_AT_ONCE, async (job): Promise<InsertResult> => {
    const item = items.get(job.id)
    if (item && isSubmitted(item) && !isExpired(item, now)) return alreadyThere(item)
    return insertOne(table, job, watcher).catch((cause: unknown): InsertResult => ({ kind: 'unavailable', cause }))
  })
  return new Map(jobs.map((job, index) => [job.id, results[index]!]))
}

async function insertOne(table: ResultsTable, job: NewJob, watcher: string | undefined): Promise<InsertResult> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const present = await putRecord(table, job, watcher)
    if (present === undefined) return { kind: 'inserted' }
    if (isSubmitted(present)) return alreadyThere(present)
    if (await submitWatched(table, job, watcher)) return { kind: 'inserted' }
  }
  return { kind: 'unavailable', cause: `The record of ${job.id} kept changing.` }
}

/** Puts a record if the id has none, or an expired one. Otherwise returns the present item. */
async function putRecord(table: ResultsTable, job: NewJob, watcher: string | undefined): Promise<Item | undefined> {
  const { client, tableName, shards, clock } = table
  try {
    await client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: newItem(job, shards, watcher),
        ConditionExpression: `${ITEM_IS_NEW} OR #ttl <= :now`,
        ExpressionAttributeNames: { '#ttl': TTL_ATTRIBUTE },
        ExpressionAttributeValues: { ':now': { N: String(Math.floor(clock.now() / 1_000)) } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    )
    return undefined
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error
    return error.Item ?? (await readItems(table, [job], { strong: true }))[0] ?? {}
  }
}

/** Adds a job to an id that has only watchers so far. Returns false if another submit was faster. */
async function submitWatched(
  { client, tableName, shards }: ResultsTable,
  job: NewJob,
  watcher: string | undefined,
): Promise<boolean> {
  const attributes: Item = { ...staticAttributes(job), state: stateAttribute(stateOfNew(job)) }
  const names = Object.keys(attributes)
  const watchers: Record<string, AttributeValue> = watcher === undefined ? {} : { ':watcher': { SS: [watcher] } }
  const addWatcher = watcher === undefined ? '' : ', watchers :watcher'
  try {
    await client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: resultKey(job, shards),
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')} ADD watchRevision :one${addWatcher}`,
        ConditionExpression: `${ITEM_EXISTS} AND attribute_not_exists(#state)`,
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: {
          ...Object.fromEntries(names.map((name) => [`:${name}`, attributes[name]!])),
          ...watchers,
          ':one': { N: '1' },
        },
      }),
    )
    return true
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false
    throw error
  }
}

function newItem(job: NewJob, shards: number, watcher: string | undefined): Item {
  const item: Item = {
    ...resultKey(job, shards),
    ...staticAttributes(job),
    state: stateAttribute(stateOfNew(job)),
    watchRevision: { N: '0' },
  }
  if (watcher !== undefined) item['watchers'] = { SS: [watcher] }
  return item
}

function alreadyThere(item: Item): InsertResult {
  return { kind: 'existed', ...readKnownJob(item) }
}
