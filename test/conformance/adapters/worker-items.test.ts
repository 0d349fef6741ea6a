import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createWorkersTable } from '../../../lambdas/aws/workers/worker-items.ts'
import type { WorkerPages, WorkerRegistry } from '../../../lambdas/domain/workers/worker-registry.ts'
import { ManualClock } from '../../../local/clock.ts'
import type { WorkersQuery } from '../../../protocol/workers/parse-worker.ts'
import type { WorkerInfo, WorkersAnswer } from '../../../protocol/workers/worker.ts'
import { workerOf } from '../../unit/fakes/memory-workers.ts'
import { type DynamoEngine, startDynamo } from '../cloud/dynamo-engine.ts'

const LEASE_MS = 15 * 60_000
const never = new AbortController().signal
let clock: ManualClock
let dynamo: DynamoEngine
let client: DynamoDBClient
let tableName: string
let table: WorkerRegistry & WorkerPages
let made = 0

beforeAll(async () => {
  dynamo = await startDynamo()
  client = dynamo.client
})
afterAll(() => dynamo.close())

beforeEach(async () => {
  clock = new ManualClock()
  tableName = `Registry${made++}`
  await dynamo.createTable(tableName)
  table = createWorkersTable({ client, tableName, clock })
})

async function register(id: string, overrides: Partial<WorkerInfo> = {}): Promise<WorkerInfo> {
  const now = clock.now()
  const worker = workerOf(id, { lastSeenAt: now, lastClaimAt: now, expiresAt: now + LEASE_MS, ...overrides })
  await table.register(worker, never)
  return worker
}

async function idsOf(query: Partial<WorkersQuery> = {}): Promise<string[]> {
  return (await table.page({ limit: 100, ...query })).workers.map(({ id }) => id)
}

/** Reads every page. */
async function pagesOf(limit: number): Promise<WorkersAnswer[]> {
  const pages: WorkersAnswer[] = []
  for (let after: string | undefined; ;) {
    const page = await table.page({ limit, ...(after === undefined ? {} : { after }) })
    pages.push(page)
    after = page.next
    if (after === undefined) return pages
  }
}

describe('a registered worker', () => {
  it('is returned as it was stored, and replaced by each new registration', async () => {
    const tasks = ['a "quoted" name', 'größe', 'resize']
    const first = await register('default:1', {
      tasks,
      metadata: { region: 'eu-central-1', memoryMb: 512, warm: true },
    })
    expect(await table.page({ limit: 10 })).toEqual({ workers: [first] })
    await clock.advance(60_000)
    const second = await register('default:1', { claims: 40, tasks: [], metadata: {} })
    expect(await table.page({ limit: 10 })).toEqual({ workers: [second] })
  })

  it('is gone when its lease is over, by our own clock; the item goes by the TTL of the table', async () => {
    const { expiresAt } = await register('default:1')
    await clock.advance(LEASE_MS - 1)
    expect(await idsOf()).toEqual(['default:1'])
    await clock.advance(1)
    expect(await idsOf()).toEqual([])
    const key = { pk: { S: '#workers' }, sk: { S: 'default:1' } }
    const { Item: item } = await client.send(new GetItemCommand({ TableName: tableName, Key: key }))
    expect(item!['ttl']).toEqual({ N: String(expiresAt / 1_000) })
  })

  it('is listed again once it registers again', async () => {
    await register('default:1')
    await clock.advance(2 * LEASE_MS)
    await register('default:1')
    expect(await idsOf()).toEqual(['default:1'])
  })

  it('is not registered by a call that was given up', async () => {
    await expect(table.register(workerOf('default:1'), AbortSignal.abort())).rejects.toThrow(/abort/i)
    expect(await idsOf()).toEqual([])
  })
})

describe('the list of workers', () => {
  it('has those of one queue, whatever other queues are called', async () => {
    for (const id of ['gpu-2:1', 'gpu:2', 'gpu:1', 'cpu:1', 'gpu2:1']) await register(id)
    expect(await idsOf()).toEqual(['cpu:1', 'gpu-2:1', 'gpu2:1', 'gpu:1', 'gpu:2'])
    expect(await idsOf({ queue: 'gpu' })).toEqual(['gpu:1', 'gpu:2'])
    expect(await idsOf({ queue: 'gp' })).toEqual([])
  })

  it('goes on after any id, of a worker or not', async () => {
    for (const id of ['a:1', 'b:1', 'b:2', 'c:1']) await register(id)
    expect(await idsOf({ after: 'a:1' })).toEqual(['b:1', 'b:2', 'c:1'])
    expect(await idsOf({ after: 'b' })).toEqual(['b:1', 'b:2', 'c:1'])
    expect(await idsOf({ after: 'zz' })).toEqual([])
    expect(await idsOf({ queue: 'b', after: 'b:1' })).toEqual(['b:2'])
    expect(await idsOf({ queue: 'b', after: 'a:1' })).toEqual(['b:1', 'b:2'])
    expect(await idsOf({ queue: 'b', after: 'c:1' })).toEqual([])
  })

  it('reads no more entries than asked for, expired ones included', async () => {
    for (const id of ['a:1', 'a:2', 'a:3']) await register(id)
    await clock.advance(LEASE_MS)
    for (const id of ['a:0', 'a:4', 'a:5']) await register(id)
    const pages = await pagesOf(2)
    expect(pages.slice(0, 3).map(({ workers, next }) => [workers.map(({ id }) => id), next])).toEqual([
      [['a:0'], 'a:1'],
      [[], 'a:3'],
      // A full page does not know yet if it was the last.
      [['a:4', 'a:5'], 'a:5'],
    ])
    expect(pages[3]).toEqual({ workers: [] })
  })

  it('keeps an answer within bounds if entries are large', async () => {
    const tasks = Array.from(
      { length: 2_000 },
      (_, index) => `a-task-with-a-rather-long-name-of-sixty-characters-${index}`,
    )
    const ids = Array.from({ length: 20 }, (_, index) => `a:${String(index).padStart(2, '0')}`)
    for (const id of ids) await register(id, { tasks })
    const pages = await pagesOf(1_000)
    expect(pages.flatMap(({ workers }) => workers.map(({ id }) => id))).toEqual(ids)
    for (const page of pages) expect(JSON.stringify(page).length).toBeLessThan(1.2 * 1024 * 1024)
  })
})
