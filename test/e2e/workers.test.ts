import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Jobwire, WorkerInfo } from '@jobwire/sdk'
import { tasks } from '../../tasks/index.ts'
import { connectAs, mintToken, rest, type Tasks, uniqueNamespace } from './support/target.ts'

// The test of a worker whose lease ends needs a clock that can be moved: test/model/workers.test.ts.

const LEASE_MS = 15 * 60_000
const namespace = uniqueNamespace()
let jobs: Jobwire<Tasks>

beforeAll(async () => {
  jobs = await connectAs(namespace)
})
afterAll(() => jobs.close())

/** The list may be a moment behind a worker's first run, because both are written at the same time. */
async function workersOf(queue: string): Promise<readonly WorkerInfo[]> {
  for (;;) {
    const { workers } = await jobs.workers({ queue })
    if (workers.length > 0) return workers
  }
}

describe('the workers', () => {
  it('are those that have run jobs, with the tasks that they can run', async () => {
    const startedAt = Date.now()
    const job = await jobs.submit('greet', { name: 'Ada' }, { id: 'told-nobody', tags: ['secret-tag'] })
    await job.result()
    const workers = await workersOf('default')
    expect(workers.map((worker) => worker.tasks)).toContainEqual(Object.keys(tasks).sort())
    for (const worker of workers) {
      expect(worker.id).toMatch(/^default:[0-9a-hjkmnp-tv-z]{26}$/)
      expect(worker).toMatchObject({ kind: 'lambda', queue: 'default' })
      expect(worker.lastSeenAt).toBeGreaterThanOrEqual(worker.lastClaimAt)
      expect(worker.lastClaimAt).toBeGreaterThanOrEqual(worker.startedAt)
      expect(worker.expiresAt).toBe(worker.lastSeenAt + LEASE_MS)
      expect(worker.expiresAt).toBeGreaterThan(startedAt)
      expect(worker.claims).toBeGreaterThan(0)
      expect(worker.metadata).toEqual({
        region: expect.any(String),
        memoryMb: expect.any(Number),
        node: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      })
    }
  })

  it('are listed page by page, and all of them by for await', async () => {
    await jobs.run('noop')
    await workersOf('default')
    const ids: string[] = []
    for await (const { id } of jobs.workers({ limit: 1 })) ids.push(id)
    expect(ids.length).toBeGreaterThan(0)
    expect(ids).toEqual([...new Set(ids)].sort())
    for await (const { id } of jobs.workers({ after: ids.at(-1)! })) expect(ids).not.toContain(id)
    expect(await jobs.workers({ queue: 'no-such-lane' })).toEqual({ workers: [] })
  })

  it('are the same for another namespace, without anything about a job (I7)', async () => {
    const { id } = await jobs.submit(
      'greet',
      { name: 'Grace' },
      { tags: ['secret-tag'], metadata: { customer: 'nobody' } },
    )
    await jobs.result(id)
    const [mine] = await workersOf('default')
    const { status, body } = await rest('/workers', { token: await mintToken(uniqueNamespace()) })
    expect(status).toBe(200)
    expect(body.workers.map((worker: WorkerInfo) => worker.id)).toContain(mine!.id)
    const told = JSON.stringify(body)
    for (const secret of [namespace, id, 'secret-tag', 'customer', 'Grace']) expect(told).not.toContain(secret)
    // Nor of the account: no ARN, and no name of a function or of a log stream.
    expect(told).not.toMatch(/arn:|amazonaws|Platform|\$LATEST|(?<!\d)\d{12}(?!\d)/)
  })

  it('are refused without a token, and for an invalid query', async () => {
    expect(await rest('/workers')).toMatchObject({ status: 401, body: { error: { code: 'UNAUTHENTICATED' } } })
    const token = await mintToken(namespace)
    for (const [query, path] of [
      ['limit=0', 'limit'],
      ['limit=1&limit=2', 'limit'],
      ['queue=A%20B', 'queue'],
      ['after=a%2Fb', 'after'],
      ['namespace=other', 'namespace'],
    ]) {
      expect(await rest(`/workers?${query}`, { token })).toMatchObject({
        status: 400,
        body: { error: { code: 'INVALID_REQUEST', path } },
      })
    }
    expect(await rest('/workers', { token, method: 'POST' })).toMatchObject({ status: 405 })
  })

  it('are refused by the SDK before a request if an option is invalid', async () => {
    await expect(jobs.workers({ lane: 'default' } as object)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await expect(jobs.workers({ limit: 0 })).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    await expect(jobs.workers({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
  })
})
