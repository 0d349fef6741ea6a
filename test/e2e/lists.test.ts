import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Jobwire } from '@jobwire/sdk'
import { connectAs, connectWithToken, mintToken, rest, type Tasks, uniqueNamespace } from './support/target.ts'

const namespace = uniqueNamespace()
const BATCH = 60
let jobs: Jobwire<Tasks>
let token: string

/** Every tenth job fails, every twentieth with its own code. */
function requestOf(n: number): object {
  const id = `batch:${String(n).padStart(3, '0')}`
  if (n % 10 === 0) return { id, task: 'fail', input: { code: n % 20 === 0 ? 'RARE' : 'USUAL', message: 'no' } }
  return {
    id,
    task: 'echo',
    input: { n },
    metadata: { half: n < BATCH / 2, n },
    tags: n % 2 === 0 ? ['even'] : ['odd'],
  }
}

const ids = Array.from({ length: BATCH }, (_, n) => `batch:${String(n).padStart(3, '0')}`)
const failedIds = ids.filter((_, n) => n % 10 === 0)

beforeAll(async () => {
  ;({ jobs, token } = await connectWithToken(namespace))
  const body = JSON.stringify({ jobs: ids.map((_, n) => requestOf(n)) })
  const answer = await rest('/jobs', { method: 'POST', token, body })
  expect(answer.body.jobs.filter((outcome: object) => 'error' in outcome)).toEqual([])
  await Promise.allSettled(ids.map((id) => jobs.result(id)))
})
afterAll(() => jobs.close())

async function get(path: string, parameters: Record<string, string> = {}, as = token) {
  const answer = await rest(`${path}?${new URLSearchParams(parameters).toString()}`, { token: as })
  return { status: answer.status, body: answer.body }
}

/** Reads the ids of a list, page by page. */
async function listed(parameters: Record<string, string>): Promise<string[]> {
  const found: string[] = []
  let cursor: string | undefined
  do {
    const { status, body } = await get('/jobs', { ...parameters, ...(cursor === undefined ? {} : { cursor }) })
    expect(status).toBe(200)
    found.push(...body.jobs.map((job: { id: string }) => job.id))
    cursor = body.cursor
  } while (cursor !== undefined)
  return found
}

/** The index of failed jobs may be a moment behind, so this asks again until the answer is the expected one. */
async function eventually<Value>(ask: () => Promise<Value>, expected: Value): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    if (JSON.stringify(await ask()) === JSON.stringify(expected)) break
  }
  expect(await ask()).toEqual(expected)
}

describe('a list of jobs', () => {
  it('has all jobs of a prefix in order, in pages of any size, forwards and backwards', async () => {
    expect(await listed({ prefix: 'batch:' })).toEqual(ids)
    expect(await listed({ prefix: 'batch:', limit: '7' })).toEqual(ids)
    expect(await listed({ prefix: 'batch:', limit: '25', order: 'desc' })).toEqual(ids.toReversed())
  })

  it('is filtered by status, task, tag, metadata and time', async () => {
    expect(await listed({ status: 'success', tag: 'odd' })).toEqual(ids.filter((_, n) => n % 2 === 1))
    expect(await listed({ task: 'fail' })).toEqual(failedIds)
    expect(await listed({ 'metadata.half': 'true', 'metadata.n': '7' })).toEqual(['batch:007'])
    expect(await listed({ until: String(Date.now() - 86_400_000) })).toEqual([])
    expect(await listed({ since: String(Date.now() - 86_400_000), prefix: 'batch:00' })).toEqual(ids.slice(0, 10))
  })

  it('has no payloads unless they are asked for', async () => {
    const { body } = await get('/jobs', { prefix: 'batch:001' })
    expect(body.jobs[0]).toMatchObject({ id: 'batch:001', status: 'success', task: 'echo', tags: ['odd'] })
    expect(body.jobs[0]).not.toHaveProperty('input')
    expect(body.jobs[0]).not.toHaveProperty('output')
    const whole = await get('/jobs', { prefix: 'batch:001', include: 'input,output' })
    expect(whole.body.jobs[0]).toMatchObject({ input: { n: 1 }, output: { n: 1 } })
  })

  it('says what is wrong with a parameter', async () => {
    expect(await get('/jobs', { limit: '0' })).toMatchObject({ status: 400, body: { error: { path: 'limit' } } })
    expect(await get('/jobs', { stauts: 'failed' })).toMatchObject({ status: 400, body: { error: { path: 'stauts' } } })
    const { body } = await get('/jobs', { limit: '5' })
    expect(await get('/jobs', { limit: '5', order: 'desc', cursor: body.cursor })).toMatchObject({
      status: 400,
      body: { error: { code: 'INVALID_CURSOR', path: 'cursor' } },
    })
  })

  it('shows another namespace nothing, even with a cursor (I7)', async () => {
    const stranger = await mintToken(uniqueNamespace())
    expect((await get('/jobs', {}, stranger)).body).toEqual({ jobs: [] })
    expect((await get('/counts', { prefix: 'batch:' }, stranger)).body.total).toBe(0)
    expect((await get('/failures', {}, stranger)).body.total).toBe(0)
    const { body } = await get('/jobs', { limit: '5' })
    const answer = await get('/jobs', { limit: '5', cursor: body.cursor }, stranger)
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'INVALID_CURSOR' } } })
  })
})

describe('a batch', () => {
  it('is counted by status in one request', async () => {
    const { body } = await get('/counts', { prefix: 'batch:' })
    expect(body).toEqual({ counts: { pending: 0, running: 0, success: 54, failed: 6, cancelled: 0 }, total: 60 })
  })

  it('has its failures listed and counted by code', async () => {
    await eventually(async () => (await get('/failures')).body.codes, { RARE: 3, USUAL: 3 })
    expect(await listed({ status: 'failed' })).toEqual(failedIds)
    expect(await listed({ code: 'RARE' })).toEqual(['batch:000', 'batch:020', 'batch:040'])
  })

  it('has its failed jobs run again, by id and by code, and those that fail again are failed jobs again', async () => {
    await eventually(() => listed({ code: 'RARE' }), ['batch:000', 'batch:020', 'batch:040'])
    const before = new Map<string, number>()
    for (const id of failedIds) before.set(id, (await rest(`/jobs/${id}`, { token })).body.job.version)

    const byCode = await rest('/retries', { method: 'POST', token, body: JSON.stringify({ code: 'RARE' }) })
    expect(byCode.status).toBe(200)
    expect(byCode.body.jobs.map((outcome: { id: string }) => outcome.id)).toEqual([
      'batch:000',
      'batch:020',
      'batch:040',
    ])
    const named = { ids: ['batch:010', 'batch:001', 'batch:none'] }
    const byId = await rest('/retries', { method: 'POST', token, body: JSON.stringify(named) })
    expect(byId.body.jobs).toMatchObject([
      { id: 'batch:010' },
      { id: 'batch:001', error: { code: 'ALREADY_FINISHED' } },
      { id: 'batch:none', error: { code: 'JOB_NOT_FOUND' } },
    ])

    const again = await connectAs(namespace)
    const retried = ['batch:000', 'batch:010', 'batch:020', 'batch:040']
    await Promise.allSettled(retried.map((id) => again.result(id)))
    await again.close()
    const grown: string[] = []
    for (const id of failedIds) {
      const { job } = (await rest(`/jobs/${id}`, { token })).body
      expect(job.status).toBe('failed')
      if (job.version > before.get(id)!) grown.push(id)
    }
    expect(grown).toEqual(retried)
    await eventually(async () => (await get('/failures')).body.codes, { RARE: 3, USUAL: 3 })
  })

  it('must be told which jobs to run again', async () => {
    const answer = await rest('/retries', { method: 'POST', token, body: '{}' })
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'INVALID_REQUEST' } } })
  })
})
