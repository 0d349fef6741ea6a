import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import {
  BatchExecuteStatementCommand,
  type DynamoDBClient,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createRegistryTable } from '../../../lambdas/aws/sessions/registry-table.ts'
import { createResultsTable } from '../../../lambdas/aws/job/results-table.ts'
import { PENDING } from '../../../lambdas/domain/job/job-state.ts'
import type { JobStore } from '../../../lambdas/domain/job/job-store.ts'
import type { NewJob } from '../../../lambdas/domain/job/stored-job.ts'
import { ManualClock } from '../../../local/clock.ts'
import { describeJobChanges } from '../../support/job-store/job-changes.ts'
import { describeJobLives } from '../../support/job-store/job-lives.ts'
import { HOUR, jobMaker } from '../../support/job-store/new-job.ts'
import { type DynamoEngine, startDynamo } from '../cloud/dynamo-engine.ts'

const clock = new ManualClock()
const newJob = jobMaker(clock, 'call')
let dynamo: DynamoEngine
let client: DynamoDBClient
let store: JobStore
let calls: string[] = []

beforeAll(async () => {
  dynamo = await startDynamo((command) => calls.push(command))
  client = dynamo.client
  await Promise.all(['Results', 'Registry'].map((name) => dynamo.createTable(name)))
  store = createResultsTable({ client, tableName: 'Results', shards: 4, clock })
  calls = []
})

afterAll(() => dynamo.close())

/** Finds the key of a record in whichever shard it is. */
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

async function callsOf(action: () => Promise<unknown>): Promise<string[]> {
  calls = []
  await action()
  return calls
}

describeJobChanges(clock, () => store)
describeJobLives(clock, () => store)

describe('an insert into the table', () => {
  it('one job takes one put', async () => {
    const job = newJob()
    expect(await callsOf(() => store.insert([job], 's@c='))).toEqual(['PutItemCommand'])
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
})

describe('a watch in the table', () => {
  it('takes the place of the former connections of its session, so that 1,100 of them leave room', async () => {
    const job = newJob({ id: 'reconnects' })
    await store.insert([job], 'other@1')
    for (let connection = 0; connection < 1_100; connection++) {
      const watch = await store.watch(job, `page@${connection}`, clock.now() + HOUR)
      expect(watch.kind).toBe('watched')
    }
    expect((await store.load([job], 'strong'))[0]?.watchers).toEqual(['other@1', 'page@1099'])
    // Not what begins with the same letters.
    await store.watch(job, 'pag@1', clock.now() + HOUR)
    expect((await store.load([job], 'strong'))[0]?.watchers).toHaveLength(3)
  })

  it('ends by `unwatch`, which makes no record', async () => {
    const job = newJob({ id: 'unwatched' })
    await store.insert([job], 'a@1')
    await store.unwatch(job, ['a@1', 'unknown@1'])
    expect((await store.load([job], 'strong'))[0]?.watchers).toEqual([])
    await store.unwatch(newJob({ id: 'nobody' }), ['a@1'])
    expect((await store.watch(newJob({ id: 'nobody' }), 'b@1', clock.now() + HOUR)).kind).toBe('awaited')
  })

  it('is refused beyond the limit, so that the record always has room for the result; earlier watchers stay', async () => {
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
    expect(await store.watch(job, 'last@c', clock.now() + HOUR)).toMatchObject({
      kind: 'watched',
      job: { state: PENDING },
    })
    // A session that is among them finds room.
    expect((await store.watch(job, 's0@d', clock.now() + HOUR)).kind).toBe('watched')
    expect(await store.watch(job, 'late@c', clock.now() + HOUR)).toMatchObject({
      kind: 'full',
      watchers: expect.arrayContaining(['last@c']),
    })
    expect(await store.watch(job, 'last@c', clock.now() + HOUR)).toMatchObject({
      kind: 'watched',
      job: { state: PENDING },
    })
    expect((await store.load([job], 'strong'))[0]?.watchers).toHaveLength(1_000)
  })
})

describe('changes written to the table', () => {
  it('many take one call', async () => {
    const jobs = Array.from({ length: 4 }, () => newJob())
    await store.insert(jobs, 'a@1')
    const seen = await store.load(jobs, 'strong')
    const finishedAt = clock.now()
    const changes = seen.map((job) => ({
      job,
      state: { ...PENDING, version: 2, status: 'success', finishedAt } as const,
    }))
    expect(await callsOf(() => store.writeMany(changes))).toEqual(['BatchExecuteStatementCommand'])
  })
})

describe('DynamoDB itself', () => {
  it('refuses two statements for one key in a call, so ids must be made unique before', async () => {
    const statement = `INSERT INTO "Results" VALUE {'pk':?,'sk':?}`
    const Statements = [1, 2].map(() => ({ Statement: statement, Parameters: [{ S: 'x' }, { S: 'y' }] }))
    await expect(client.send(new BatchExecuteStatementCommand({ Statements }))).rejects.toThrow('duplicates')
  })
})

describe('the registry', () => {
  it('knows the current connection of a session, and forgets only that one', async () => {
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
    // The clock of the jobs is not at a whole second by now.
    const ownClock = new ManualClock()
    const registry = createRegistryTable({ client, tableName: 'Registry', clock: ownClock })
    const connection = { namespace: 'acme', session: 'old', connectionId: 'one' }
    await registry.connect({ ...connection, connectedAt: ownClock.now(), expiresAt: ownClock.now() + HOUR })
    await ownClock.advance(HOUR)
    expect(await registry.connectionOf('acme', 'old')).toBeUndefined()
  })
})
