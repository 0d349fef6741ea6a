import { describe, expect, it } from '@jest/globals'
import { countFailures, countJobs } from '../../../../lambdas/domain/list/count-jobs.ts'
import { makeCursor, readCursor } from '../../../../lambdas/domain/list/list-cursor.ts'
import { listJobs } from '../../../../lambdas/domain/list/list-jobs.ts'
import { retryFailed } from '../../../../lambdas/domain/manage/retry-failed.ts'
import type { JobKey } from '../../../../lambdas/domain/job/stored-job.ts'
import type { SubmitOutcome } from '../../../../protocol/job/job.ts'
import type { ListQuery } from '../../../../protocol/list/list.ts'
import { parseListQuery } from '../../../../protocol/list/parse-list.ts'
import type { Parsed } from '../../../../protocol/kit/parsed.ts'
import { accept, refuse } from '../../../../protocol/kit/parsed.ts'
import { failedJob, listedJob, FakeJobPages } from '../../fakes/job-pages.ts'

function query(parameters: Record<string, string> = {}): ListQuery {
  const parsed = parseListQuery(Object.fromEntries(Object.entries(parameters).map(([name, text]) => [name, [text]])))
  if (!parsed.ok) throw new Error(parsed.error.message)
  return parsed.value
}

function value<Value>(result: Parsed<Value>): Value {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

async function list(pages: FakeJobPages, parameters: Record<string, string> = {}, namespace = 'acme') {
  return value(await listJobs({ pages }, namespace, query(parameters)))
}

const idsOf = ({ jobs }: { jobs: readonly { readonly id: string }[] }) => jobs.map(({ id }) => id)

describe('a list', () => {
  const pages = new FakeJobPages([
    listedJob({ id: 'a:1', task: 'mail', tags: ['x', 'y'], metadata: { order: 17, paid: true }, createdAt: 100 }),
    listedJob({ id: 'a:2', task: 'mail', tags: ['x'], metadata: { order: '17' }, createdAt: 200 }),
    listedJob({ id: 'b:1', status: 'success', createdAt: 300 }),
    failedJob('b:2', 'BROKEN'),
  ])

  it.each<[Record<string, string>, string[]]>([
    [{}, ['a:1', 'a:2', 'b:1', 'b:2']],
    [{ order: 'desc' }, ['b:2', 'b:1', 'a:2', 'a:1']],
    [{ prefix: 'a:' }, ['a:1', 'a:2']],
    [{ status: 'success,failed' }, ['b:1', 'b:2']],
    [{ since: '200', until: '300' }, ['a:2']],
    [{ until: '300' }, ['a:1', 'a:2']],
    [{ task: 'mail', tag: 'y' }, ['a:1']],
    [{ 'metadata.order': '17' }, ['a:1', 'a:2']],
    [{ 'metadata.order': '17', 'metadata.paid': 'true' }, ['a:1']],
    [{ 'metadata.constructor': 'x' }, []],
    [{ ids: 'generated' }, []],
    [{ code: 'BROKEN' }, ['b:2']],
    [{ code: 'OTHER' }, []],
  ])('by %j', async (parameters, ids) => {
    expect(idsOf(await list(pages, parameters))).toEqual(ids)
  })

  it('has nothing of another namespace (I7)', async () => {
    expect(await list(pages, {}, 'other')).toEqual({ jobs: [] })
  })

  it('continues after its cursor, which no other list accepts', async () => {
    const first = await list(pages, { limit: '3' })
    expect(idsOf(first)).toEqual(['a:1', 'a:2', 'b:1'])
    const cursor = first.cursor!
    expect(idsOf(await list(pages, { limit: '2', cursor }))).toEqual(['b:2'])
    for (const [parameters, namespace] of [
      [{ cursor, prefix: 'a' }, 'acme'],
      [{ cursor, order: 'desc' }, 'acme'],
      [{ cursor, status: 'failed' }, 'acme'],
      [{ cursor }, 'other'],
    ] as const) {
      expect(await listJobs({ pages }, namespace, query(parameters))).toMatchObject({
        ok: false,
        error: { code: 'INVALID_CURSOR', path: 'cursor' },
      })
    }
  })

  it('of failed jobs reads the index, and leaves out those that no longer are failed', async () => {
    const some = new FakeJobPages([failedJob('f1', 'A'), failedJob('f2', 'B'), listedJob({ id: 'again' })])
    some.staleFailures = [
      { id: 'again', code: 'A' },
      { id: 'f1', code: 'OLD' },
      { id: 'gone', code: 'A' },
    ]
    expect(idsOf(await list(some, { status: 'failed' }))).toEqual(['f1', 'f2'])
    expect(idsOf(await list(some, { code: 'A' }))).toEqual(['f1'])
    expect(idsOf(await list(some, { code: 'OLD' }))).toEqual([])
    expect(idsOf(await list(some, { status: 'failed', order: 'desc' }))).toEqual(['f2', 'f1'])
  })

  it('is cut before a Lambda answer would be too large', async () => {
    const output = '"'.repeat(200_000)
    const large = new FakeJobPages(Array.from({ length: 30 }, () => listedJob({ output })))
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await list(large, { limit: '1000', include: 'output', ...(cursor === undefined ? {} : { cursor }) })
      expect(JSON.stringify(JSON.stringify(page)).length).toBeLessThan(6_000_000)
      expect(page.jobs.length).toBeGreaterThan(0)
      seen.push(...idsOf(page))
      cursor = page.cursor
    } while (cursor !== undefined)
    expect(seen).toEqual([...large.jobsById.keys()])
  })
})

describe('a cursor', () => {
  const scope = { route: 'jobs', namespace: 'acme', query: { prefix: 'a' } }
  const cursor = makeCursor(scope, 'order:17')

  it('is opaque, and decodes to its id', () => {
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/)
    expect(readCursor(scope, cursor)).toEqual({ ok: true, value: 'order:17' })
  })

  it('is refused if any one character is changed, added or left out', () => {
    const broken = cursor
      .split('')
      .flatMap((character, index) => [
        cursor.slice(0, index) + (character === 'A' ? 'B' : 'A') + cursor.slice(index + 1),
        cursor.slice(0, index) + cursor.slice(index + 1),
        `${cursor.slice(0, index)}A${cursor.slice(index)}`,
      ])
    const results = [...broken, `${cursor}A`, '', '!', 'AAAA'].map((each) => readCursor(scope, each))
    expect(results.every((result) => !result.ok && result.error.code === 'INVALID_CURSOR')).toBe(true)
  })
})

describe('counts', () => {
  it('say how many jobs there are in each status', async () => {
    const pages = new FakeJobPages([
      ...Array.from({ length: 500 }, (_, n) =>
        listedJob({ id: `b:${n}`, status: n % 5 === 0 ? 'running' : 'success' }),
      ),
      failedJob('b:x', 'A'),
      listedJob({ id: 'other' }),
    ])
    const all = { filter: { prefix: 'b:', tags: [], metadata: [] } }
    expect(value(await countJobs({ pages }, 'acme', all))).toEqual({
      counts: { pending: 0, running: 100, success: 400, failed: 1, cancelled: 0 },
      total: 501,
    })
    const mails = { filter: { task: 'mail', tags: [], metadata: [] } }
    expect(value(await countJobs({ pages }, 'acme', mails)).total).toBe(0)
  })

  it('add up over cursors if one answer is not enough', async () => {
    const pages = new FakeJobPages(
      Array.from({ length: 45_000 }, (_, n) => listedJob({ id: `n${n}` })),
      { shards: 16 },
    )
    const filter = { tags: [], metadata: [] }
    const first = value(await countJobs({ pages }, 'acme', { filter }))
    expect(first.cursor).toBeDefined()
    const second = value(await countJobs({ pages }, 'acme', { filter, cursor: first.cursor! }))
    expect(second.cursor).toBeUndefined()
    expect(first.total + second.total).toBe(45_000)
    expect(first.total).toBeGreaterThan(35_000)
  })

  it('of failures are by code', async () => {
    const pages = new FakeJobPages([failedJob('a', 'X'), failedJob('b', 'Y'), failedJob('c', 'Y'), listedJob()])
    expect(value(await countFailures({ pages }, 'acme', {}))).toEqual({ codes: { Y: 2, X: 1 }, total: 3 })
    expect(value(await countFailures({ pages }, 'acme', { prefix: 'a' })).codes).toEqual({ X: 1 })
  })
})

describe('running failed jobs again', () => {
  function setUp(retry?: (key: JobKey) => Promise<Parsed<SubmitOutcome>>) {
    const pages = new FakeJobPages([
      ...Array.from({ length: 25 }, (_, n) =>
        failedJob(`f${String(n).padStart(2, '0')}`, n % 5 === 0 ? 'RARE' : 'USUAL'),
      ),
      listedJob({ id: 'fine', status: 'success' }),
    ])
    const retried: string[] = []
    const again = async ({ id }: JobKey): Promise<Parsed<SubmitOutcome>> => {
      retried.push(id)
      return accept({ id, status: 'pending', version: 3 })
    }
    return { ports: { pages, retry: retry ?? again, log: () => undefined }, pages, retried }
  }

  it('runs the named ones, each once', async () => {
    const { ports, retried } = setUp()
    const { jobs, cursor } = value(await retryFailed(ports, 'acme', { ids: ['f01', 'f02', 'f01'] }))
    expect(jobs).toEqual([
      { id: 'f01', status: 'pending', version: 3 },
      { id: 'f02', status: 'pending', version: 3 },
    ])
    expect(cursor).toBeUndefined()
    expect(retried).toEqual(['f01', 'f02'])
  })

  it('runs those of one code, in pages', async () => {
    const { ports, retried } = setUp()
    const first = value(await retryFailed(ports, 'acme', { code: 'RARE', limit: 3 }))
    expect(first.jobs).toHaveLength(3)
    const second = value(await retryFailed(ports, 'acme', { code: 'RARE', limit: 3, cursor: first.cursor! }))
    expect(second.cursor).toBeUndefined()
    expect(retried).toEqual(['f00', 'f05', 'f10', 'f15', 'f20'])
    const elsewhere = await retryFailed(ports, 'acme', { all: true, cursor: first.cursor! })
    expect(elsewhere).toMatchObject({ ok: false, error: { code: 'INVALID_CURSOR' } })
  })

  it('runs all, or all of a prefix', async () => {
    const { ports, retried } = setUp()
    await retryFailed(ports, 'acme', { all: true, prefix: 'f0' })
    expect(retried).toHaveLength(10)
    await retryFailed(ports, 'acme', { all: true })
    expect(retried).toHaveLength(35)
  })

  it('says why a named job does not run again, and leaves out a stale entry of the index', async () => {
    const retry = async ({ id }: JobKey): Promise<Parsed<SubmitOutcome>> => {
      if (id === 'f00') throw new Error('throttled')
      if (id === 'f01') return refuse('JOB_NOT_FOUND', 'gone')
      if (id === 'f02') return refuse('UNKNOWN_TASK', 'no task')
      if (id === 'f03') return accept({ id, status: 'running', version: 4, existed: true })
      return accept({ id, status: 'pending', version: 3 })
    }
    const { ports } = setUp(retry)
    const ids = ['f00', 'f01', 'f02', 'f03', 'f04']
    const named = value(await retryFailed(ports, 'acme', { ids })).jobs
    expect(named).toMatchObject([
      { id: 'f00', error: { code: 'UNAVAILABLE' } },
      { id: 'f01', error: { code: 'JOB_NOT_FOUND' } },
      { id: 'f02', error: { code: 'UNKNOWN_TASK' } },
      { id: 'f03', existed: true },
      { id: 'f04', status: 'pending' },
    ])
    const swept = value(await retryFailed(ports, 'acme', { all: true, limit: 5 })).jobs
    expect(swept.map(({ id }) => id)).toEqual(['f00', 'f02', 'f04'])
  })
})
