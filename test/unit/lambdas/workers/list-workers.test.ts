import { beforeEach, describe, expect, it } from '@jest/globals'
import { WORKER_ROUTES } from '../../../../lambdas/handlers/workers/worker-routes.ts'
import { MemoryWorkers, workerOf } from '../../fakes/memory-workers.ts'

let workers: MemoryWorkers

beforeEach(() => {
  workers = new MemoryWorkers()
})

function add(...ids: string[]): void {
  for (const id of ids) workers.stored.set(id, workerOf(id))
}

async function get(query: Record<string, string[]> = {}) {
  const { statusCode, body } = await WORKER_ROUTES['GET /workers'](
    { workers },
    { namespace: 'acme', body: '', pathParameters: {}, query },
  )
  return { status: statusCode, body: JSON.parse(body) }
}

const idsOf = ({ body }: Awaited<ReturnType<typeof get>>) => body.workers.map(({ id }: { id: string }) => id)

describe('GET /workers', () => {
  it('returns every worker with all its fields, in the order of the ids', async () => {
    add('heavy:1', 'default:2', 'default:1')
    expect(await get()).toEqual({
      status: 200,
      body: { workers: ['default:1', 'default:2', 'heavy:1'].map((id) => workerOf(id)) },
    })
    expect(idsOf(await get({ queue: ['heavy'] }))).toEqual(['heavy:1'])
    expect(await get({ queue: ['none'] })).toEqual({ status: 200, body: { workers: [] } })
  })

  it('returns page after page', async () => {
    add('a:1', 'a:2', 'a:3')
    const first = await get({ limit: ['2'] })
    expect([idsOf(first), first.body.next]).toEqual([['a:1', 'a:2'], 'a:2'])
    const second = await get({ limit: ['2'], after: ['a:2'] })
    expect([idsOf(second), second.body.next]).toEqual([['a:3'], undefined])
  })

  it('skips workers that are gone to fill a page, within bounds on its work', async () => {
    add(...'123456789'.split('').map((digit) => `a:${digit}`))
    for (const id of ['a:1', 'a:2', 'a:4']) workers.gone.add(id)
    expect(idsOf(await get({ limit: ['2'] }))).toEqual(['a:3', 'a:5'])
    for (const id of workers.stored.keys()) workers.gone.add(id)
    workers.pages.length = 0
    const empty = await get({ limit: ['2'] })
    expect(empty.body).toEqual({ workers: [], next: 'a:6' })
    expect(workers.pages).toHaveLength(3)
    expect((await get({ limit: ['2'], after: ['a:6'] })).body).toEqual({ workers: [] })
  })

  it.each([
    ['limit', '0', 'must be a whole number from 1 to 1000'],
    ['limit', '1001', 'must be a whole number from 1 to 1000'],
    ['after', 'a b', 'must be the id of a worker'],
    ['queue', 'a:b', 'must be the name of a queue'],
    ['lane', 'a', 'This route takes: queue, after, limit.'],
  ])('refuses %s=%s', async (name, value, message) => {
    expect(await get({ [name]: [value] })).toMatchObject({
      status: 400,
      body: { error: { code: 'INVALID_REQUEST', path: name, message: expect.stringContaining(message) } },
    })
  })
})
