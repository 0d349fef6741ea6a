import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import {
  BatchExecuteStatementCommand,
  CreateTableCommand,
  DynamoDBClient,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createRegistryTable } from '../../../lambdas/aws/sessions/registry-table.ts'
import { createResultsTable } from '../../../lambdas/aws/job/results-table.ts'
import { PENDING, start, succeed } from '../../../lambdas/domain/job/job-state.ts'
import type { JobState } from '../../../lambdas/domain/job/job-state.ts'
import type { JobStore } from '../../../lambdas/domain/job/job-store.ts'
import type { NewJob, StoredJob } from '../../../lambdas/domain/job/stored-job.ts'
import { TooManyWatchersError } from '../../../lambdas/domain/job/too-many-watchers.ts'
import { ManualClock } from '../../../local/clock.ts'
import { findDynoxide } from '../../../local/services/dynamodb/dynoxide-binary.ts'
import type { DynoxideProcess } from '../../../local/services/dynamodb/dynoxide-process.ts'
import { startDynoxide } from '../../../local/services/dynamodb/dynoxide-process.ts'

const HOUR = 3_600_000
const clock = new ManualClock()
let dynoxide: DynoxideProcess
let client: DynamoDBClient
let store: JobStore
let calls: string[] = []

beforeAll(async () => {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
  dynoxide = await startDynoxide({ binary: findDynoxide(), log: () => undefined })
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  client = new DynamoDBClient({ endpoint: dynoxide.endpoint, region: 'us-east-1', credentials })
  client.middlewareStack.add(
    (handle, context) => (args) => {
      calls.push(String(context.commandName))
      return handle(args)
    },
    { step: 'initialize' },
  )
  await Promise.all([createTable('Results'), createTable('Registry')])
  store = createResultsTable({ client, tableName: 'Results', shards: 4, clock })
  calls = []
})

afterAll(async () => {
  client.destroy()
  await dynoxide.close()
})

async function createTable(name: string): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
    }),
  )
}

let made = 0

function newJob(overrides: Partial<NewJob> = {}): NewJob {
  const createdAt = clock.now()
  return {
    id: `job-${made++}`,
    namespace: 'acme',
    task: 'echo',
    input: { n: 1, text: 'ä' },
    priority: 'normal',
    queue: 'default',
    createdAt,
    expiresAt: createdAt + HOUR,
    ...overrides,
  }
}

async function stored(job: NewJob): Promise<StoredJob> {
  const [found] = await store.load([job], 'strong')
  if (found === undefined) throw new Error(`${job.id} is not stored`)
  return found
}

/** Where a record is, whichever shard that may be. */
async function keyInTable({ id }: NewJob): Promise<Record<'pk' | 'sk', AttributeValue>> {
  const { Items: [item] = [] } = await client.send(
    new ScanCommand({
      TableName: 'Results',
      FilterExpression: 'sk = :id',
      ExpressionAttributeValues: { ':id': { S: id } },
    }),
  )
  return { pk: item!['pk']!, sk: item!['sk']! }
}

function next(state: JobState, how: 'start' | 'succeed'): JobState {
  const at = clock.now()
  const transition =
    how === 'start'
      ? start(state, { startedAt: at })
      : succeed(state, { output: { done: [1, null, 'ü'] }, startedAt: at, finishedAt: at })
  if (!transition.ok) throw new Error(transition.refusal)
  return transition.state
}

async function callsOf(action: () => Promise<unknown>): Promise<string[]> {
  calls = []
  await action()
  return calls
}

describe('inserting', () => {
  it('one job takes one put, and reads back whole', async () => {
    const job = newJob()
    expect(await callsOf(() => store.insert([job], 's@c='))).toEqual(['PutItemCommand'])
    expect(await store.read(job)).toEqual({ ...job, ...PENDING })
    expect(await stored(job)).toMatchObject({ watchers: ['s@c='], watchRevision: 0, state: PENDING })
  })

  it('many take one call for each 25', async () => {
    const jobs = Array.from({ length: 60 }, () => newJob())
    let results: unknown
    const made_ = await callsOf(async () => {
      results = await store.insert(jobs, undefined)
    })
    expect(made_).toEqual(Array(3).fill('BatchExecuteStatementCommand'))
    expect(results).toEqual(jobs.map(() => ({ kind: 'inserted' })))
    expect(await store.load(jobs, 'strong')).toHaveLength(60)
  })

  it('many: a call that fails as a whole leaves the jobs of the others alone', async () => {
    const fault = new Error('no DynamoDB')
    let failed = false
    client.middlewareStack.add(
      (handle, context) => (args) => {
        if (failed || context.commandName !== 'BatchExecuteStatementCommand') return handle(args)
        failed = true
        return Promise.reject(fault)
      },
      { step: 'initialize', name: 'failOnce' },
    )
    const results = await store.insert(
      Array.from({ length: 30 }, () => newJob()),
      undefined,
    )
    client.middlewareStack.remove('failOnce')
    expect(results.map(({ kind }) => kind)).toEqual([...Array(25).fill('unavailable'), ...Array(5).fill('inserted')])
    expect(results[0]).toEqual({ kind: 'unavailable', cause: fault })
  })

  it.each([
    ['one', 0],
    ['many', 3],
  ])('%s: a known id gives the job it names and changes nothing', async (_, others) => {
    const job = newJob()
    await store.insert([job], 'first@1')
    const again = { ...newJob(), id: job.id, task: 'other' }
    const results = await store.insert([again, ...Array.from({ length: others }, () => newJob())], 'second@2')
    expect(results[0]).toEqual({
      kind: 'existed',
      record: { ...job, ...PENDING },
      policy: {},
      watchers: ['first@1'],
      watchRevision: 0,
    })
    expect(results.slice(1).every(({ kind }) => kind === 'inserted')).toBe(true)
    expect(await store.read(job)).toMatchObject({ task: 'echo' })
  })

  it.each([
    ['one', 0],
    ['many', 3],
  ])('%s: an id that has expired is free again', async (_, others) => {
    const job = newJob()
    await store.insert([job], 'old@1')
    await clock.advance(HOUR)
    expect(await store.read(job)).toBeUndefined()
    expect(await store.load([job], 'strong')).toEqual([])
    const second = newJob({ id: job.id, task: 'greet' })
    const results = await store.insert([second, ...Array.from({ length: others }, () => newJob())], undefined)
    expect(results[0]).toEqual({ kind: 'inserted' })
    expect(await store.read(job)).toMatchObject({ task: 'greet' })
    expect(await stored(second)).toMatchObject({ watchers: [] })
  })

  it.each([
    ['one', 0],
    ['many', 3],
  ])('%s: keeps those who waited for the id', async (_, others) => {
    const job = newJob()
    expect(await store.watch(job, 'early@1', clock.now() + HOUR)).toBeUndefined()
    expect(await store.read(job)).toBeUndefined()
    const results = await store.insert([job, ...Array.from({ length: others }, () => newJob())], 'late@2')
    expect(results[0]).toEqual({ kind: 'inserted' })
    const { watchers } = await stored(job)
    expect(new Set(watchers)).toEqual(new Set(['early@1', 'late@2']))
    expect(await store.read(job)).toEqual({ ...job, ...PENDING })
  })

  it('keeps namespaces apart', async () => {
    const job = newJob()
    await store.insert([job], undefined)
    expect(await store.read({ ...job, namespace: 'other' })).toBeUndefined()
    expect(await store.insert([{ ...job, namespace: 'other' }], undefined)).toEqual([{ kind: 'inserted' }])
  })
})

describe('watching', () => {
  it('returns the state and grows the revision', async () => {
    const job = newJob()
    await store.insert([job], 'a@1')
    const watched = await store.watch(job, 'b@2', clock.now() + HOUR)
    expect(watched).toMatchObject({ id: job.id, state: PENDING, watchRevision: 1 })
    expect(await stored(job)).toMatchObject({ watchRevision: 1 })
    expect(await store.read(job)).toMatchObject({ expiresAt: job.expiresAt })
  })

  it('has an end, so that the record always has room for the result; who watches already goes on', async () => {
    const job = newJob()
    await store.insert([job], undefined)
    const { Attributes: item } = await client.send(
      new UpdateItemCommand({
        TableName: 'Results',
        Key: await keyInTable(job),
        UpdateExpression: 'ADD watchers :crowd',
        ExpressionAttributeValues: { ':crowd': { SS: Array.from({ length: 999 }, (_, index) => `s${index}@c`) } },
        ReturnValues: 'ALL_NEW',
      }),
    )
    expect(item?.['watchers']?.SS).toHaveLength(999)
    expect(await store.watch(job, 'last@c', clock.now() + HOUR)).toMatchObject({ state: PENDING })
    await expect(store.watch(job, 'late@c', clock.now() + HOUR)).rejects.toBeInstanceOf(TooManyWatchersError)
    expect(await store.watch(job, 'last@c', clock.now() + HOUR)).toMatchObject({ state: PENDING })
    expect((await stored(job)).watchers).toHaveLength(1_000)
  })

  it('an expired job waits for the next life of its id', async () => {
    const job = newJob()
    await store.insert([job], 'old@1')
    await clock.advance(HOUR)
    expect(await store.watch(job, 'new@2', clock.now() + HOUR)).toBeUndefined()
    const second = newJob({ id: job.id })
    await store.insert([second], undefined)
    expect(await stored(second)).toMatchObject({ watchers: ['new@2'] })
  })
})

describe('writing changes', () => {
  it('one returns the watchers as of the write', async () => {
    const job = newJob()
    await store.insert([job], 'a@1')
    const seen = await stored(job)
    await store.watch(job, 'b@2', clock.now() + HOUR)
    const state = next(seen.state, 'succeed')
    const result = await store.write({ job: seen, state })
    expect(result).toMatchObject({ kind: 'stored', job: { state, watchRevision: 1 } })
    expect(result.kind === 'stored' && new Set(result.job.watchers)).toEqual(new Set(['a@1', 'b@2']))
    expect(await store.read(job)).toEqual({ ...job, ...state })
  })

  it('one whose version has changed gives what is there', async () => {
    const job = newJob()
    await store.insert([job], 'a@1')
    const seen = await stored(job)
    const state = next(seen.state, 'start')
    await store.write({ job: seen, state })
    const result = await store.write({ job: seen, state: next(seen.state, 'succeed') })
    expect(result).toMatchObject({ kind: 'conflict', present: { ...seen, state } })
  })

  it('one whose record is gone says so', async () => {
    const job = newJob()
    await store.insert([job], undefined)
    const seen = await stored(job)
    const result = await store.write({ job: { ...seen, id: 'nowhere' }, state: next(seen.state, 'succeed') })
    expect(result).toEqual({ kind: 'conflict' })
  })

  it('many take one call; a changed version or watcher fails its own only', async () => {
    const jobs = Array.from({ length: 4 }, () => newJob())
    await store.insert(jobs, 'a@1')
    const seen = await Promise.all(jobs.map(stored))
    await store.write({ job: seen[1]!, state: next(seen[1]!.state, 'start') })
    await store.watch(jobs[2]!, 'b@2', clock.now() + HOUR)
    const changes = seen.map((job) => ({ job, state: next(job.state, 'succeed') }))
    let written: readonly (StoredJob | undefined)[] = []
    const used = await callsOf(async () => {
      written = await store.writeMany(changes)
    })
    expect(used).toEqual(['BatchExecuteStatementCommand'])
    expect(written.map((job) => job?.state)).toEqual([changes[0]!.state, undefined, undefined, changes[3]!.state])
    const statuses = await Promise.all(jobs.map(async (job) => (await store.read(job))?.status))
    expect(statuses).toEqual(['success', 'running', 'pending', 'success'])
  })

  it('keeps a failure as it was written', async () => {
    const job = newJob()
    await store.insert([job], undefined)
    const error = { code: 'TASK_FAILED', message: 'no ünïcode', retryable: false }
    const state: JobState = { version: 2, status: 'failed', attempts: 1, error, finishedAt: 5 }
    await store.write({ job: await stored(job), state })
    expect(await store.read(job)).toEqual({ ...job, ...state })
  })
})

describe('DynamoDB itself', () => {
  it('takes no two statements for one key in a call, which is why ids are made unique before', async () => {
    const statement = `INSERT INTO "Results" VALUE {'pk':?,'sk':?}`
    const Statements = [1, 2].map(() => ({ Statement: statement, Parameters: [{ S: 'x' }, { S: 'y' }] }))
    await expect(client.send(new BatchExecuteStatementCommand({ Statements }))).rejects.toThrow('duplicates')
  })
})

describe('the registry', () => {
  it('knows the present connection of a session, and forgets only that one', async () => {
    const registry = createRegistryTable({ client, tableName: 'Registry', clock })
    const session = { namespace: 'acme', session: 's' }
    const times = { connectedAt: clock.now(), expiresAt: clock.now() + HOUR }
    await registry.connect({ ...session, connectionId: 'one', ...times })
    await registry.connect({ ...session, connectionId: 'two', ...times })
    await registry.disconnect({ ...session, connectionId: 'one' })
    expect(await registry.connectionOf('acme', 's')).toBe('two')
    expect(await registry.connectionOf('other', 's')).toBeUndefined()
    await registry.disconnect({ ...session, connectionId: 'two' })
    expect(await registry.connectionOf('acme', 's')).toBeUndefined()
  })

  it('returns no connection that has expired', async () => {
    const registry = createRegistryTable({ client, tableName: 'Registry', clock })
    const connection = { namespace: 'acme', session: 'old', connectionId: 'one' }
    await registry.connect({ ...connection, connectedAt: clock.now(), expiresAt: clock.now() + HOUR })
    await clock.advance(HOUR)
    expect(await registry.connectionOf('acme', 'old')).toBeUndefined()
  })
})
