import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { JobError, type JobRecord, type Jobwire } from '@jobwire/sdk'
import { connectAs, connectWithToken, rest, type Tasks, uniqueNamespace } from './support/target.ts'

const namespace = uniqueNamespace()
let jobs: Jobwire<Tasks>
let token: string

async function failureOf(result: Promise<unknown>): Promise<JobRecord> {
  const error: unknown = await result.then(String, (reason: unknown) => reason)
  if (!JobError.is(error)) throw new Error(`not a JobError: ${String(error)}`)
  return error.job
}

beforeAll(async () => {
  ;({ jobs, token } = await connectWithToken(namespace))
})
afterAll(() => jobs.close())

describe('a job that succeeds', () => {
  it('is pushed to the client that submitted it', async () => {
    const job = await jobs.submit('greet', { name: 'Ada' })
    expect(await job.result()).toBe('Hello, Ada!')
  })

  it('can be read whole by its id', async () => {
    const job = await jobs.submit('wordCount', { text: 'to be or not to be' }, { priority: 'high' })
    await job.result()
    expect(await jobs.get(job.id)).toMatchObject({
      id: job.id,
      namespace,
      task: 'wordCount',
      status: 'success',
      input: { text: 'to be or not to be' },
      priority: 'high',
      queue: 'default',
    })
  })

  it.each(['imports', 'Kunde Müller & Söhne'])('runs for the group %j', async (group) => {
    expect(await jobs.run('greet', { name: 'Ada' }, { group })).toBe('Hello, Ada!')
  })

  it('shows versions that only grow, and ends with its one terminal state (I4)', async () => {
    const job = await jobs.submit('wait', { ms: 400 })
    const updates = []
    for await (const update of job.updates()) updates.push(update)
    const versions = updates.map((update) => update.version)
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
    expect(updates.map((update) => update.status)).toContain('running')
    expect(updates.filter((update) => update.status === 'success')).toHaveLength(1)
    expect(updates.at(-1)).toMatchObject({ status: 'success' })
  })
})

describe('a job that fails', () => {
  it('rejects with its code and message, and the record says the same', async () => {
    const job = await jobs.submit('fail', { code: 'OUT_OF_PAPER', message: 'Load tray 2.' })
    const error: unknown = await job.result().catch((reason: unknown) => reason)
    if (!JobError.is(error)) throw new Error(`not a JobError: ${String(error)}`)
    expect(error).toMatchObject({ code: 'OUT_OF_PAPER', message: 'Load tray 2.' })
    expect(await jobs.get(job.id)).toMatchObject({
      status: 'failed',
      error: { code: 'OUT_OF_PAPER', message: 'Load tray 2.' },
    })
  })

  it('rejects with an error that carries its record, however the client learns of it', async () => {
    const input = { code: 'OUT_OF_PAPER', message: 'Load tray 2.' }
    const facts = { metadata: { printer: 7 }, tags: ['print'], priority: 'high' as const }
    const job = await jobs.submit('fail', input, facts)
    const pushed = await failureOf(job.result())
    const { id } = job
    expect(pushed).toMatchObject({ id, namespace, task: 'fail', input, ...facts, attempts: 1, status: 'failed' })
    expect(pushed).toEqual(await jobs.get(id))
    const other = await connectAs(namespace)
    // A client that has not submitted it asks for it by its id.
    expect(await failureOf(other.result(id))).toEqual(pushed)
    expect(await failureOf((await other.submit('fail', input, { id })).result())).toEqual(pushed)
    for await (const update of other.subscribe(id)) expect(update).toEqual(pushed)
    await other.close()
  })

  it('leaves out a large input, and says so', async () => {
    const input = { code: 'TOO_MUCH', message: 'no', text: 'x'.repeat(9_000) }
    const job = await jobs.submit('fail', input)
    expect(await failureOf(job.result())).toMatchObject({ task: 'fail', input: null, inputOmitted: true })
    expect(await jobs.get(job.id)).toMatchObject({ input })
  })

  it('carries the record of a cancelled job, too', async () => {
    const job = await jobs.submit('wait', { ms: 10 }, { delay: '10m', tags: ['late'] })
    const waiting = failureOf(job.result())
    const cancelled = await jobs.cancel(job.id)
    expect(await waiting).toEqual(cancelled)
    expect(cancelled).toEqual(await jobs.get(job.id))
    expect(cancelled).toMatchObject({ task: 'wait', input: { ms: 10 }, tags: ['late'], status: 'cancelled' })
  })

  it('tells nothing about the inside of the server', async () => {
    const job = await jobs.submit('fail', { code: 'BROKEN', message: 'no' })
    await job.result().catch(() => undefined)
    expect(JSON.stringify(await jobs.get(job.id))).not.toMatch(/\bat .*\.js|node_modules|lambdas/)
  })
})

describe('many jobs', () => {
  it('of several tasks and priorities, each get their own result', async () => {
    const runs = Array.from({ length: 120 }, (_, index) => {
      const priority = (['critical', 'high', 'normal', 'low'] as const)[index % 4]!
      return jobs.run('echo', { index }, { priority })
    })
    expect(await Promise.all(runs)).toEqual(Array.from({ length: 120 }, (_, index) => ({ index })))
  })

  it('are submitted by one REST request, each with its own outcome', async () => {
    const answer = await rest('/jobs', {
      method: 'POST',
      token,
      body: JSON.stringify({
        jobs: [
          { task: 'greet', input: { name: 'Grace' } },
          { task: 'no-such-task' },
          { id: 'not an id', task: 'greet' },
        ],
      }),
    })
    expect(answer.status).toBe(200)
    expect(answer.body.jobs).toMatchObject([
      { status: 'pending' },
      { error: { code: 'UNKNOWN_TASK', path: 'jobs.1.task' } },
      { error: { code: 'INVALID_ID', path: 'jobs.2.id' } },
    ])
    expect(await jobs.result(answer.body.jobs[0].id)).toBe('Hello, Grace!')
  })
})

describe('submitting by REST', () => {
  it('returns 202 with the id, and the job can be read until it is done', async () => {
    const submitted = await rest('/jobs', {
      method: 'POST',
      token,
      body: JSON.stringify({ task: 'greet', input: { name: 'Lin' } }),
    })
    expect(submitted.status).toBe(202)
    const id: string = submitted.body.id
    expect(await jobs.result(id)).toBe('Hello, Lin!')
    const read = await rest(`/jobs/${id}`, { token })
    expect(read.status).toBe(200)
    expect(read.body.job).toMatchObject({ id, status: 'success', output: 'Hello, Lin!' })
  })

  it('with a known id returns the first job and runs nothing (I5)', async () => {
    const request = { id: `${namespace}:invoice-7`, task: 'uuid' }
    const first = await rest('/jobs', { method: 'POST', token, body: JSON.stringify(request) })
    expect(first.status).toBe(202)
    const output = await jobs.result(request.id)
    const before = await jobs.get(request.id)
    const second = await rest('/jobs', { method: 'POST', token, body: JSON.stringify(request) })
    expect(second.body).toMatchObject({ id: request.id, status: 'success', existed: true })
    expect(await jobs.get(request.id)).toEqual(before)
    expect(await jobs.result(request.id)).toEqual(output)
  })
})

describe('a payload', () => {
  it('too large for a frame goes by REST without the caller noticing', async () => {
    const text = 'x'.repeat(60_000)
    expect(await jobs.run('echo', { text })).toEqual({ text })
  })

  it('of any JSON comes back unchanged', async () => {
    const value = { empty: '', nothing: null, deep: [[{ a: [1.5, -0.1, 1e21] }]], text: 'Grüße 🌍 \u2028', no: false }
    expect(await jobs.run('echo', value)).toEqual(value)
  })
})
