import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { FAILED_INDEX } from '../../../lambdas/tables.ts'
import { createJobPages } from '../../../lambdas/aws/list/query-jobs.ts'
import { createResultsTable } from '../../../lambdas/aws/job/results-table.ts'
import { countFailures, countJobs } from '../../../lambdas/domain/list/count-jobs.ts'
import { applyFailure, applySuccess } from '../../../lambdas/domain/job/job-state.ts'
import type { JobState } from '../../../lambdas/domain/job/job-state.ts'
import type { JobPages } from '../../../lambdas/domain/list/job-pages.ts'
import { listJobs } from '../../../lambdas/domain/list/list-jobs.ts'
import type { JobKey, NewJob } from '../../../lambdas/domain/job/stored-job.ts'
import type { JobStore } from '../../../lambdas/domain/job/job-store.ts'
import { ManualClock } from '../../../local/clock.ts'
import { createIdSource } from '../../../protocol/job/id.ts'
import type { ListedJob } from '../../../protocol/list/list.ts'
import { parseListQuery } from '../../../protocol/list/parse-list.ts'
import { type DynamoEngine, startDynamo } from '../cloud/dynamo-engine.ts'

const HOUR = 3_600_000
const START = 1_790_000_000_000
const TABLE = 'Results'
const clock = new ManualClock(START)
let dynamo: DynamoEngine
let client: DynamoDBClient
let store: JobStore
let pages: JobPages
let calls: string[] = []

beforeAll(async () => {
  dynamo = await startDynamo((command) => calls.push(command))
  client = dynamo.client
  await createTable()
  const table = { client, tableName: TABLE, shards: 16, clock }
  store = createResultsTable(table)
  pages = createJobPages(table)
  await insertThousand()
})

afterAll(() => dynamo.close())

async function createTable(): Promise<void> {
  await dynamo.createTable(TABLE, {
    AttributeDefinitions: ['pk', 'sk', 'failed'].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
    GlobalSecondaryIndexes: [
      {
        IndexName: FAILED_INDEX,
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'failed', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['ttl'] },
      },
    ],
  })
}

function newJob(overrides: Partial<NewJob> & { id: string }): NewJob {
  const createdAt = clock.now()
  return {
    namespace: 'acme',
    task: 'echo',
    input: { n: 1 },
    priority: 'normal',
    queue: 'default',
    createdAt,
    expiresAt: createdAt + HOUR,
    ...overrides,
  }
}

/** The stored jobs, as lists must show them. */
const expected = new Map<string, NewJob>()

/**
 * Inserts 800 jobs with the caller's own ids and 200 with generated ones, a second apart, of two tasks, with tags and
 * metadata.
 */
async function insertThousand(): Promise<void> {
  let now = START
  const nextId = createIdSource(
    () => now,
    (bytes) => crypto.getRandomValues(bytes),
  )
  const jobs = Array.from({ length: 1_000 }, (_, n) => {
    now = START + n * 1_000
    return newJob({
      id: n % 5 === 0 ? nextId() : `batch-${n % 2}:${String(n).padStart(4, '0')}`,
      task: n % 4 === 0 ? 'resize' : 'echo',
      createdAt: now,
      expiresAt: START + 24 * HOUR,
      ...(n % 10 === 0 ? { tags: ['tenth', `t${n}`] } : {}),
      ...(n % 3 === 0 ? { metadata: { order: n, paid: n % 2 === 0, customer: `c${n % 7}` } } : {}),
    })
  })
  for (const job of jobs) expected.set(job.id, job)
  await store.insert(jobs, undefined)
  // Neither an expired job nor an id that only has watchers is a job.
  await store.insert([newJob({ id: 'batch-0:expired', createdAt: START - HOUR, expiresAt: START })], undefined)
  await store.watch({ namespace: 'acme', id: 'batch-0:watched' }, 'session@connection', START + HOUR)
  await store.insert([newJob({ id: 'batch-0:0000', namespace: 'other' })], undefined)
}

async function page(parameters: Record<string, string>, namespace = 'acme') {
  const query = parseListQuery(Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [value]])))
  if (!query.ok) throw new Error(query.error.message)
  const answer = await listJobs({ pages }, namespace, query.value)
  if (!answer.ok) throw new Error(answer.error.message)
  return answer.value
}

/** Reads every job of a list, page by page. */
async function walk(
  parameters: Record<string, string>,
  { namespace = 'acme', between = async () => undefined }: { namespace?: string; between?: () => Promise<void> } = {},
) {
  const jobs: ListedJob[] = []
  let cursor: string | undefined
  let count = 0
  do {
    const answer = await page({ ...parameters, ...(cursor === undefined ? {} : { cursor }) }, namespace)
    jobs.push(...answer.jobs)
    cursor = answer.cursor
    count++
    await between()
  } while (cursor !== undefined)
  return { ids: jobs.map(({ id }) => id), jobs, count }
}

function idsWhere(passes: (job: NewJob) => boolean): string[] {
  return [...expected.values()]
    .filter(passes)
    .map(({ id }) => id)
    .sort()
}

async function store1(id: string, change: (state: JobState) => { ok: boolean; state?: JobState }): Promise<void> {
  const [job] = await store.load([{ namespace: 'acme', id }], 'strong')
  const next = change(job!.state)
  expect(await store.write({ job: job!, state: next.state! })).toMatchObject({ kind: 'stored' })
}

describe('a thousand jobs on sixteen shards', () => {
  it.each([[{ limit: '130' }], [{ limit: '1000' }], [{}]])(
    'are listed whole and in order with %j',
    async (parameters) => {
      const { ids } = await walk(parameters)
      expect(ids).toEqual(idsWhere(() => true))
      const descending = await walk({ ...parameters, order: 'desc' })
      expect(descending.ids).toEqual(idsWhere(() => true).toReversed())
    },
  )

  it.each<[Record<string, string>, (job: NewJob) => boolean]>([
    [{ prefix: 'batch-1:' }, ({ id }) => id.startsWith('batch-1:')],
    [{ prefix: 'batch-1:', order: 'desc' }, ({ id }) => id.startsWith('batch-1:')],
    [{ task: 'resize' }, ({ task }) => task === 'resize'],
    [{ tag: 'tenth' }, ({ tags }) => tags?.includes('tenth') === true],
    [{ tag: 't500' }, ({ tags }) => tags?.includes('t500') === true],
    [{ 'metadata.customer': 'c3' }, ({ metadata }) => metadata?.['customer'] === 'c3'],
    [{ 'metadata.order': '33', 'metadata.paid': 'false' }, ({ metadata }) => metadata?.['order'] === 33],
    [{ since: String(START + 100_000), until: String(START + 200_000) }, inSpan],
    [
      { since: String(START + 100_000), until: String(START + 200_000), ids: 'generated' },
      (job) => inSpan(job) && !job.id.startsWith('batch'),
    ],
    [
      { status: 'pending', task: 'resize', prefix: 'batch-0:' },
      ({ id, task }) => id.startsWith('batch-0:') && task === 'resize',
    ],
    [{ status: 'running,success' }, () => false],
  ])('are found by %j', async (parameters, passes) => {
    const ids = idsWhere(passes)
    expect((await walk(parameters)).ids).toEqual(parameters['order'] === 'desc' ? ids.toReversed() : ids)
  })

  function inSpan({ createdAt }: NewJob): boolean {
    return createdAt >= START + 100_000 && createdAt < START + 200_000
  }

  it('are shown without payloads, unless these are asked for', async () => {
    const [job] = (await page({ prefix: 'batch-0:0006' })).jobs
    expect(job).toEqual({
      id: 'batch-0:0006',
      version: 1,
      status: 'pending',
      attempts: 0,
      task: 'echo',
      priority: 'normal',
      queue: 'default',
      createdAt: START + 6_000,
      expiresAt: START + 24 * HOUR,
      metadata: { order: 6, paid: true, customer: 'c6' },
    })
    await store1('batch-0:0008', (state) => applySuccess(state, { output: { big: true }, startedAt: 1, finishedAt: 2 }))
    expect((await page({ prefix: 'batch-0:0008' })).jobs[0]).not.toHaveProperty('output')
    expect((await page({ prefix: 'batch-0:0008', include: 'input,output' })).jobs[0]).toMatchObject({
      status: 'success',
      input: { n: 1 },
      output: { big: true },
    })
  })

  it('are read in one call for each shard if a page is small, and in a bounded number of calls otherwise', async () => {
    calls = []
    expect((await page({ limit: '20' })).jobs).toHaveLength(20)
    expect(calls.length).toBeLessThanOrEqual(20)
    calls = []
    await page({ tag: 'no-such-tag' })
    expect(calls.length).toBeLessThanOrEqual(64)
  })

  it('are counted in one call', async () => {
    const filter = { prefix: 'batch-', tags: [], metadata: [] }
    const counted = await countJobs({ pages }, 'acme', { filter })
    expect(counted).toMatchObject({ ok: true, value: { total: 800, counts: { success: 1, pending: 799 } } })
    expect(counted.ok && counted.value.cursor).toBeUndefined()
    expect(await countJobs({ pages }, 'other', { filter })).toMatchObject({ value: { total: 1 } })
  })

  it('keep their places while others are inserted', async () => {
    let n = 0
    const before = idsWhere(() => true)
    const between = async (): Promise<void> => {
      n++
      const ids = [`aa-${n}`, `batch-0:0${n}5x`, `zz-${n}`]
      await store.insert(
        ids.map((id) => newJob({ id, expiresAt: clock.now() + 60_000 })),
        undefined,
      )
    }
    const { ids } = await walk({ limit: '100' }, { between })
    expect(new Set(ids).size).toBe(ids.length)
    expect([...ids].sort()).toEqual(ids)
    expect(ids.filter((id) => expected.has(id))).toEqual(before)
    // Jobs inserted ahead of the walk are listed too.
    expect(ids).toContain('zz-1')
    await clock.advance(61_000)
    expect((await walk({ limit: '1000' })).ids).toEqual(before)
  })
})

describe('the index of failed jobs', () => {
  const rerun = async (key: JobKey): Promise<void> => {
    const known = (await store.find(key))!
    expect(await store.rerun(newJob(key), known.record, undefined)).toBeDefined()
  }
  const failure = (code: string) => (state: JobState) =>
    applyFailure(state, { error: { code, message: 'no', retryable: true }, startedAt: 1, finishedAt: 2 })

  it('has a failed job from its finish on, alone or among others', async () => {
    await store1('batch-1:0011', failure('ALONE'))
    const seen = await store.load(
      ['batch-1:0013', 'batch-1:0017', 'batch-1:0019'].map((id) => ({ namespace: 'acme', id })),
      'strong',
    )
    const states = seen.map((job, index) => {
      const next =
        index === 1
          ? applySuccess(job.state, { output: 1, startedAt: 1, finishedAt: 2 })
          : failure('TOGETHER')(job.state)
      if (!next.ok) throw new Error(next.refusal)
      return { job, state: next.state }
    })
    calls = []
    expect(await store.writeMany(states)).toMatchObject(states.map(({ state }) => ({ state })))
    expect(calls.sort()).toEqual(['BatchExecuteStatementCommand', 'UpdateItemCommand', 'UpdateItemCommand'])
    const failed = [seen[0]!.id, seen[2]!.id, 'batch-1:0011'].sort()
    expect((await walk({ status: 'failed' })).ids).toEqual(failed)
    expect((await walk({ status: 'failed', order: 'desc', limit: '1' })).ids).toEqual(failed.toReversed())
    expect((await walk({ code: 'ALONE' })).ids).toEqual(['batch-1:0011'])
    expect(await countFailures({ pages }, 'acme', {})).toMatchObject({ value: { codes: { TOGETHER: 2, ALONE: 1 } } })
  })

  it('keeps a job that runs again until its message is sent, without showing it in a list, and then drops it', async () => {
    const key = { namespace: 'acme', id: 'batch-1:0023' }
    const total = async (): Promise<unknown> => {
      const counted = await countFailures({ pages }, 'acme', { prefix: key.id })
      return counted.ok && counted.value.total
    }
    await store1(key.id, failure('FIRST'))
    await rerun(key)
    expect(await store.find(key)).toMatchObject({ record: { status: 'pending' }, listedAsFailed: true })
    expect(await total()).toBe(1)
    expect((await walk({ code: 'FIRST' })).ids).toEqual([])
    await store.unlistFailed([key])
    expect(await total()).toBe(0)
    expect((await store.find(key))!.listedAsFailed).toBeUndefined()

    // It may have failed once more before it was taken out of the index, so it stays there.
    await store1(key.id, failure('SECOND'))
    await store.unlistFailed([key, { namespace: 'acme', id: 'batch-1:0025' }, { namespace: 'acme', id: 'nobody' }])
    expect((await walk({ code: 'SECOND' })).ids).toEqual([key.id])
    expect(await store.find({ namespace: 'acme', id: 'nobody' })).toBeUndefined()
  })

  it('drops a job that was never taken out of it as soon as the job goes on', async () => {
    const done = (state: JobState) => applySuccess(state, { output: 1, startedAt: 1, finishedAt: 2 })
    for (const id of ['batch-1:0027', 'batch-1:0029']) {
      await store1(id, failure('ONCE'))
      await rerun({ namespace: 'acme', id })
    }
    await store1('batch-1:0027', done)
    const [other] = await store.load([{ namespace: 'acme', id: 'batch-1:0029' }], 'strong')
    const next = done(other!.state)
    if (!next.ok) throw new Error(next.refusal)
    expect(await store.writeMany([{ job: other!, state: next.state }])).toMatchObject([{ state: next.state }])
    expect(await countFailures({ pages }, 'acme', { prefix: 'batch-1:002' })).toMatchObject({
      value: { codes: expect.not.objectContaining({ ONCE: expect.anything() }) },
    })
  })

  it('refuses a failure if another change came first, or if its watchers have changed', async () => {
    const [job] = await store.load([{ namespace: 'acme', id: 'batch-1:0021' }], 'strong')
    const next = failure('LATE')(job!.state)
    if (!next.ok) throw new Error(next.refusal)
    await store.watch(job!, 'session@connection', START + HOUR)
    expect(await store.writeMany([{ job: job!, state: next.state }])).toEqual([undefined])
    expect(await store.write({ job: job!, state: next.state })).toMatchObject({ kind: 'stored' })
    expect(await store.write({ job: job!, state: next.state })).toMatchObject({ kind: 'conflict' })
    expect((await walk({ code: 'LATE' })).ids).toEqual(['batch-1:0021'])
  })

  it('shows nothing that has expired (I8)', async () => {
    const job = newJob({ id: 'short', expiresAt: clock.now() + 10_000 })
    await store.insert([job], undefined)
    await store1('short', failure('SHORT'))
    expect((await walk({ code: 'SHORT' })).ids).toEqual(['short'])
    await clock.advance(10_000)
    expect((await walk({ code: 'SHORT' })).ids).toEqual([])
    expect(await countFailures({ pages }, 'acme', { prefix: 'short' })).toMatchObject({ value: { total: 0 } })
  })

  it('is read in place of the jobs, however many there are', async () => {
    calls = []
    await page({ status: 'failed' })
    expect(calls.filter((call) => call === 'QueryCommand').length).toBeLessThanOrEqual(16)
    expect(calls.filter((call) => call === 'BatchGetItemCommand').length).toBeLessThanOrEqual(16)
  })
})

describe('large records', () => {
  it('are counted over several reads of 1 MB, and listed in pages that an answer can hold', async () => {
    const input = 'x'.repeat(95_000)
    const ids = Array.from({ length: 90 }, (_, n) => `large:${String(n).padStart(2, '0')}`)
    for (const id of ids) {
      await client.send(
        new PutItemCommand({
          TableName: TABLE,
          Item: {
            pk: { S: 'big#3' },
            sk: { S: id },
            input: { S: JSON.stringify(input) },
            task: { S: 'echo' },
            priority: { S: 'low' },
            queue: { S: 'default' },
            createdAt: { N: '1' },
            ttl: { N: String(clock.now()) },
            state: { M: { version: { N: '1' }, status: { S: 'pending' }, attempts: { N: '0' } } },
          },
        }),
      )
    }
    const filter = { tags: [], metadata: [] }
    expect(await countJobs({ pages }, 'big', { filter })).toMatchObject({ value: { total: 90 } })
    const first = await page({ limit: '1000', include: 'input' }, 'big')
    expect(first.jobs.length).toBeGreaterThan(30)
    expect(JSON.stringify(first).length).toBeLessThan(6_000_000)
    const all = await walk({ limit: '1000', include: 'input' }, { namespace: 'big' })
    expect(all.ids).toEqual(ids)
    expect(all.jobs.every((job) => job.input === input)).toBe(true)
  })
})
