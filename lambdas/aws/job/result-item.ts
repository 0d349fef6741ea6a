import type { Item, ItemKey } from '../kit/item.ts'
import { itemKey } from '../kit/item.ts'
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { JobFailure, JobProgress, JobRecord, JobStatus, JobWebhook, Json } from '../../../protocol/job/job.ts'
import type { PayloadPointer } from '../../../protocol/job/payload.ts'
import type { Priority } from '../../../protocol/job/priority.ts'
import type { JobState, RecordedRun } from '../../domain/job/job-state.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { JobKey, JobPolicy, KnownJob, NewJob, StoredJob } from '../../domain/job/stored-job.ts'
import { FAILED_ATTRIBUTE, PARTITION_KEY, SORT_KEY, TTL_ATTRIBUTE } from '../../tables.ts'

/** The table of the records. */
export interface ResultsTable {
  readonly client: DynamoDBClient
  readonly tableName: string
  readonly shards: number
  readonly clock: Clock
}

/** `<namespace>#<shard>` and the id. Shards spread the ids of one busy namespace over partitions. */
export function resultKey({ namespace, id }: JobKey, shards: number): ItemKey {
  return itemKey(`${namespace}#${shardOf(id, shards)}`, id)
}

/** FNV-1a over the id's characters. If it or the number of shards changes, stored records are no longer found. */
function shardOf(id: string, shards: number): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < id.length; index++) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0) % shards
}

/** The static attributes that a job may lack. */
export const OPTIONAL_ATTRIBUTES = ['inputRef', 'idempotencyKey', 'metadata', 'tags', 'policy', 'webhook'] as const

/** The attributes that are written once, at the submit, next to the key. */
export function staticAttributes(job: NewJob): Item {
  const { inputRef, idempotencyKey, metadata, tags, policy, webhook } = job
  return {
    task: { S: job.task },
    input: { S: JSON.stringify(job.input) },
    priority: { S: job.priority },
    queue: { S: job.queue },
    createdAt: { N: String(job.createdAt) },
    [TTL_ATTRIBUTE]: { N: String(job.expiresAt / 1_000) },
    ...(inputRef === undefined ? {} : { inputRef: pointerAttribute(inputRef) }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey: { S: idempotencyKey } }),
    ...(metadata === undefined ? {} : { metadata: flatMap(metadata) }),
    ...(tags === undefined || tags.length === 0 ? {} : { tags: { L: tags.map((tag) => ({ S: tag })) } }),
    ...(policy === undefined || Object.keys(policy).length === 0 ? {} : { policy: flatMap(policy) }),
    ...(webhook === undefined ? {} : { webhook: webhookAttribute(webhook) }),
  }
}

function webhookAttribute({ url, data }: JobWebhook): AttributeValue.MMember {
  return { M: { url: { S: url }, ...(data === undefined ? {} : { data: { S: JSON.stringify(data) } }) } }
}

function pointerAttribute({ key, bytes }: PayloadPointer): AttributeValue.MMember {
  return { M: { key: { S: key }, bytes: { N: String(bytes) } } }
}

function readPointer(map: Item): PayloadPointer {
  return { key: text(map, 'key'), bytes: number(map, 'bytes') }
}

type Flat = string | number | boolean

function flatMap(values: Readonly<Partial<Record<string, Flat>>> | JobPolicy): AttributeValue.MMember {
  const map: Item = {}
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'string') map[name] = { S: value }
    else if (typeof value === 'number') map[name] = { N: String(value) }
    else if (value !== undefined) map[name] = { BOOL: value }
  }
  return { M: map }
}

function readFlatMap(map: Item): Record<string, Flat> {
  return Object.fromEntries(
    Object.entries(map).map(([name, { S, N, BOOL }]) => [name, S ?? (N === undefined ? BOOL === true : Number(N))]),
  )
}

export function stateAttribute(state: JobState): AttributeValue.MMember {
  const map: Item = {
    version: { N: String(state.version) },
    status: { S: state.status },
    attempts: { N: String(state.attempts) },
  }
  if (state.output !== undefined) map['output'] = { S: JSON.stringify(state.output) }
  if (state.outputRef !== undefined) map['outputRef'] = pointerAttribute(state.outputRef)
  if (state.error !== undefined) {
    const { code, message, retryable } = state.error
    map['error'] = { M: { code: { S: code }, message: { S: message }, retryable: { BOOL: retryable } } }
  }
  if (state.progress !== undefined) map['progress'] = { S: JSON.stringify(state.progress) }
  if (state.dueAt !== undefined) map['dueAt'] = { N: String(state.dueAt) }
  if (state.lostRuns !== undefined) map['lostRuns'] = { N: String(state.lostRuns) }
  if (state.run !== undefined) map['run'] = runAttribute(state.run)
  if (state.rescueAt !== undefined) map['rescueAt'] = { N: String(state.rescueAt) }
  if (state.startedAt !== undefined) map['startedAt'] = { N: String(state.startedAt) }
  if (state.finishedAt !== undefined) map['finishedAt'] = { N: String(state.finishedAt) }
  return { M: map }
}

function runAttribute({ no, message, origin, alone, turn }: RecordedRun): AttributeValue.MMember {
  return {
    M: {
      no: { N: String(no) },
      message: { S: message },
      ...(origin === undefined ? {} : { origin: { S: origin } }),
      ...(alone === undefined ? {} : { alone: { BOOL: alone } }),
      ...(turn === undefined ? {} : { turn: { S: turn } }),
    },
  }
}

function readRun(map: Item): RecordedRun {
  return {
    no: number(map, 'no'),
    message: text(map, 'message'),
    ...(map['origin'] === undefined ? {} : { origin: text(map, 'origin') }),
    ...(map['alone'] === undefined ? {} : { alone: true }),
    ...(map['turn'] === undefined ? {} : { turn: text(map, 'turn') }),
  }
}

/** Compares with our own clock: the table itself deletes up to two days late. */
export function isExpired(item: Item, nowMs: number): boolean {
  const ttl = item[TTL_ATTRIBUTE]?.N
  return ttl !== undefined && Number(ttl) * 1_000 <= nowMs
}

/** An id that is watched but not submitted yet has watchers and no state. */
export function isSubmitted(item: Item): boolean {
  return item['state']?.M !== undefined
}

export function readRecord(item: Item): JobRecord {
  const { lostRuns: _lostRuns, run: _run, rescueAt: _rescueAt, outputRef, ...state } = readState(item)
  return {
    id: text(item, SORT_KEY),
    namespace: namespaceOfItem(item),
    task: text(item, 'task'),
    input: JSON.parse(text(item, 'input')) as Json,
    priority: text(item, 'priority') as Priority,
    queue: text(item, 'queue'),
    createdAt: number(item, 'createdAt'),
    expiresAt: number(item, TTL_ATTRIBUTE) * 1_000,
    ...readOptionalFacts(item),
    ...state,
    ...(item['inputRef'] === undefined ? {} : { inputOmitted: true }),
    ...(outputRef === undefined ? {} : { outputOmitted: true }),
  }
}

/** The facts that a caller may give or leave out. */
function readOptionalFacts(item: Item): Pick<JobRecord, 'idempotencyKey' | 'metadata' | 'tags' | 'webhook'> {
  const { idempotencyKey, metadata, tags, webhook } = item
  return {
    ...(idempotencyKey?.S === undefined ? {} : { idempotencyKey: idempotencyKey.S }),
    ...(metadata?.M === undefined ? {} : { metadata: readFlatMap(metadata.M) }),
    ...(tags?.L === undefined ? {} : { tags: tags.L.map(({ S }) => S ?? '') }),
    ...(webhook?.M === undefined ? {} : { webhook: readWebhook(webhook.M) }),
  }
}

function readWebhook(map: Item): JobWebhook {
  const { S: data } = map['data'] ?? {}
  return { url: text(map, 'url'), ...(data === undefined ? {} : { data: JSON.parse(data) as Json }) }
}

export function readKnownJob(item: Item): KnownJob {
  const outputRef = item['state']?.M?.['outputRef']?.M
  return {
    record: readRecord(item),
    ...(item['inputRef']?.M === undefined ? {} : { inputRef: readPointer(item['inputRef'].M) }),
    ...(outputRef === undefined ? {} : { outputRef: readPointer(outputRef) }),
    policy: readFlatMap(item['policy']?.M ?? {}),
    watchers: readWatchers(item),
    watchRevision: number(item, 'watchRevision'),
    ...(item[FAILED_ATTRIBUTE] === undefined ? {} : { listedAsFailed: true }),
  }
}

export function readStoredJob(item: Item): StoredJob {
  return {
    namespace: namespaceOfItem(item),
    id: text(item, SORT_KEY),
    state: readState(item),
    watchers: readWatchers(item),
    watchRevision: number(item, 'watchRevision'),
    createdAt: number(item, 'createdAt'),
    expiresAt: number(item, TTL_ATTRIBUTE) * 1_000,
    facts: {
      task: text(item, 'task'),
      priority: text(item, 'priority') as Priority,
      queue: text(item, 'queue'),
      ...readOptionalFacts(item),
      ...(item['input']?.S === undefined || item['inputRef'] !== undefined ? {} : { inputJson: item['input'].S }),
    },
    ...(item[FAILED_ATTRIBUTE] === undefined ? {} : { listedAsFailed: true }),
  }
}

export function readState(item: Item): JobState {
  const map = item['state']?.M ?? {}
  return {
    version: number(map, 'version'),
    status: text(map, 'status') as JobStatus,
    attempts: number(map, 'attempts'),
    ...(map['startedAt'] === undefined ? {} : { startedAt: number(map, 'startedAt') }),
    ...(map['finishedAt'] === undefined ? {} : { finishedAt: number(map, 'finishedAt') }),
    ...(map['output'] === undefined ? {} : { output: JSON.parse(text(map, 'output')) as Json }),
    ...(map['outputRef']?.M === undefined ? {} : { outputRef: readPointer(map['outputRef'].M) }),
    ...(map['error']?.M === undefined ? {} : { error: readJobFailure(map['error'].M) }),
    ...(map['progress']?.S === undefined ? {} : { progress: JSON.parse(map['progress'].S) as JobProgress }),
    ...(map['dueAt'] === undefined ? {} : { dueAt: number(map, 'dueAt') }),
    ...(map['lostRuns'] === undefined ? {} : { lostRuns: number(map, 'lostRuns') }),
    ...(map['run']?.M === undefined ? {} : { run: readRun(map['run'].M) }),
    ...(map['rescueAt'] === undefined ? {} : { rescueAt: number(map, 'rescueAt') }),
  }
}

export function readWatchers(item: Item): readonly string[] {
  return item['watchers']?.SS ?? []
}

function readJobFailure(map: Item): JobFailure {
  return { code: text(map, 'code'), message: text(map, 'message'), retryable: map['retryable']?.BOOL === true }
}

function namespaceOfItem(item: Item): string {
  const partition = text(item, PARTITION_KEY)
  return partition.slice(0, partition.lastIndexOf('#'))
}

function text(item: Item, name: string): string {
  const value = item[name]?.S
  if (value === undefined) throw new TypeError(`A record in the results table has no text "${name}".`)
  return value
}

function number(item: Item, name: string): number {
  const value = item[name]?.N
  if (value === undefined) throw new TypeError(`A record in the results table has no number "${name}".`)
  return Number(value)
}
