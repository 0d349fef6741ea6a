import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { ConditionalCheckFailedException, DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import type { JobRecord } from '../../../protocol/job/job.ts'
import { stateOfNew } from '../../domain/job/known-job.ts'
import type { RemoveResult } from '../../domain/job/job-store.ts'
import type { JobKey, NewJob, StoredJob } from '../../domain/job/stored-job.ts'
import { FAILED_ATTRIBUTE, TTL_ATTRIBUTE } from '../../tables.ts'
import type { Item } from '../kit/item.ts'
import type { ResultsTable } from './result-item.ts'
import {
  isExpired,
  isSubmitted,
  resultKey,
  OPTIONAL_ATTRIBUTES,
  readStoredJob,
  stateAttribute,
  staticAttributes,
  readKnownJob,
} from './result-item.ts'

/** Stores a new life of a job over one that has ended. Returns undefined if the record has changed since `seen`. */
export async function rerunJob(
  { client, tableName, shards }: ResultsTable,
  job: NewJob,
  seen: JobRecord,
  watcher: string | undefined,
): Promise<StoredJob | undefined> {
  const state = { ...stateOfNew(job), version: seen.version + 1 }
  const attributes: Item = { ...staticAttributes(job), state: stateAttribute(state) }
  const names = Object.keys(attributes)
  const gone = OPTIONAL_ATTRIBUTES.filter((name) => attributes[name] === undefined)
  const watchers: Record<string, AttributeValue> = watcher === undefined ? {} : { ':watcher': { SS: [watcher] } }
  try {
    const { Attributes: item = {} } = await client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: resultKey(job, shards),
        UpdateExpression: [
          `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
          gone.length === 0 ? '' : `REMOVE ${gone.map((name) => `#${name}`).join(', ')}`,
          `ADD watchRevision :one${watcher === undefined ? '' : ', watchers :watcher'}`,
        ].join(' '),
        ConditionExpression: '#state.#version = :seenVersion AND #createdAt = :seenAt',
        ExpressionAttributeNames: {
          ...Object.fromEntries([...names, ...gone].map((name) => [`#${name}`, name])),
          '#version': 'version',
        },
        ExpressionAttributeValues: {
          ...Object.fromEntries(names.map((name) => [`:${name}`, attributes[name]!])),
          ...watchers,
          ':one': { N: '1' },
          ':seenVersion': { N: String(seen.version) },
          ':seenAt': { N: String(seen.createdAt) },
        },
        ReturnValues: 'ALL_NEW',
      }),
    )
    return readStoredJob(item)
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined
    throw error
  }
}

/** Takes a job out of the index of failed jobs, unless it has failed once more. */
export async function unlistFailedJob({ client, tableName, shards }: ResultsTable, key: JobKey): Promise<void> {
  try {
    await client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: resultKey(key, shards),
        UpdateExpression: 'REMOVE #failed',
        ConditionExpression: 'attribute_exists(#failed) AND #state.#status <> :failed',
        ExpressionAttributeNames: { '#failed': FAILED_ATTRIBUTE, '#state': 'state', '#status': 'status' },
        ExpressionAttributeValues: { ':failed': { S: 'failed' } },
      }),
    )
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error
  }
}

/** Deletes the record of a job that has ended. An expired record counts as unknown. */
export async function removeJob(
  { client, tableName, shards, clock }: ResultsTable,
  key: JobKey,
): Promise<RemoveResult> {
  try {
    const { Attributes: removed } = await client.send(
      new DeleteItemCommand({
        TableName: tableName,
        Key: resultKey(key, shards),
        ConditionExpression: '#state.#status IN (:success, :failed, :cancelled) AND #ttl > :now',
        ExpressionAttributeNames: { '#state': 'state', '#status': 'status', '#ttl': TTL_ATTRIBUTE },
        ExpressionAttributeValues: {
          ':success': { S: 'success' },
          ':failed': { S: 'failed' },
          ':cancelled': { S: 'cancelled' },
          ':now': { N: String(Math.floor(clock.now() / 1_000)) },
        },
        ReturnValues: 'ALL_OLD',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    )
    return { kind: 'removed', job: readKnownJob(removed!) }
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error
    const item = error.Item
    return { kind: item && isSubmitted(item) && !isExpired(item, clock.now()) ? 'unfinished' : 'unknown' }
  }
}
