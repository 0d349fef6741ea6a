// The same behaviours of the client in memory and of the real one, so that the two cannot drift apart.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { JobError, JobwireError, type Jobwire } from '@jobwire/sdk'
import { createTestClient } from '@jobwire/sdk/testing'
import { tasks } from '../../tasks/index.ts'
import { connectAs, uniqueNamespace, type Tasks } from './support/target.ts'

const namespace = uniqueNamespace()

async function codeOf(promise: PromiseLike<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    (value) => new Error(`It resolved: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  )
  if (!JobwireError.is(error)) throw error
  return error.code
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}

describe.each([
  ['in memory', async (): Promise<Jobwire<Tasks>> => createTestClient<Tasks>({ tasks, namespace })],
  ['of the platform', () => connectAs(namespace)],
])('the client %s', (_name, connect) => {
  let jobs: Jobwire<Tasks>
  const id = (name: string): string => `${namespace}:${name}`

  beforeAll(async () => {
    jobs = await connect()
  })
  afterAll(() => jobs.close())

  it('runs a job and keeps its record', async () => {
    const options = { id: id('greet'), priority: 'high', metadata: { customer: 7 }, tags: ['a', 'b'] } as const
    const job = await jobs.submit('greet', { name: 'Ada' }, options)
    expect(job.id).toBe(options.id)
    expect(await job.result()).toBe('Hello, Ada!')
    const { startedAt, finishedAt, createdAt, expiresAt, ...record } = await jobs.get(job.id)
    expect([startedAt, finishedAt, createdAt, expiresAt].every(Number.isInteger)).toBe(true)
    expect(record).toEqual({
      id: job.id,
      namespace,
      task: 'greet',
      input: { name: 'Ada' },
      output: 'Hello, Ada!',
      status: 'success',
      version: 2,
      attempts: 0,
      priority: 'high',
      queue: 'default',
      metadata: { customer: 7 },
      tags: ['a', 'b'],
    })
    expect(await jobs.status(job.id)).toBe('success')
  })

  it('rejects with the error of a job that fails', async () => {
    const job = await jobs.submit('fail', { code: 'OUT_OF_PAPER', message: 'Load tray 2.' }, { id: id('fail') })
    const error: unknown = await job.result().catch((reason: unknown) => reason)
    if (!JobError.is(error)) throw error
    expect(error).toMatchObject({ code: 'OUT_OF_PAPER', message: 'Load tray 2.', jobId: job.id })
    expect(error.job).toMatchObject({ status: 'failed', attempts: 1, version: 2 })
    // The index of failed jobs may be a moment behind.
    let codes = await jobs.failures({ prefix: job.id })
    while (Object.keys(codes).length === 0) codes = await jobs.failures({ prefix: job.id })
    expect(codes).toEqual({ OUT_OF_PAPER: 1 })
  })

  it('tries again as often as the task says', async () => {
    expect(await jobs.run('flaky', { failures: 1 })).toEqual({ attempt: 2 })
    expect(await codeOf(jobs.run('flaky', { failures: 1 }, { attempts: 1 }))).toBe('NOT_YET')
  })

  it('runs nothing twice under one id or key', async () => {
    const first = await jobs.run('uuid', null, { id: id('once') })
    expect(await jobs.run('uuid', null, { id: id('once') })).toBe(first)
    expect(await codeOf(jobs.submit('greet', { name: 'Ada' }, { id: id('once') }))).toBe('IDEMPOTENCY_CONFLICT')
    const key = { idempotencyKey: 'Bestellung 7' }
    const [one, other] = await Promise.all([jobs.submit('echo', 1, key), jobs.submit('echo', 1, key)])
    expect(other.id).toBe(one.id)
    expect(await codeOf(jobs.submit('echo', 2, key))).toBe('IDEMPOTENCY_CONFLICT')
  })

  it('tells every change of a job, its progress included', async () => {
    const job = await jobs.submit('count', { to: 2, everyMs: 20 })
    const updates = await all(job.updates())
    expect(updates.at(-1)).toMatchObject({ status: 'success', output: 2, progress: { percent: 100 } })
    const versions = updates.map(({ version }) => version)
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
    expect(await all(jobs.subscribe(job.id))).toMatchObject([{ status: 'success', output: 2 }])
  })

  it('cancels what has not ended', async () => {
    const job = await jobs.submit('uuid', null, { delay: '15m', id: id('cancel') })
    expect(await jobs.get(job.id)).toMatchObject({ status: 'pending', version: 1, dueAt: expect.any(Number) })
    expect(await codeOf(jobs.delete(job.id))).toBe('JOB_NOT_FINISHED')
    expect(await jobs.cancel(job.id)).toMatchObject({ status: 'cancelled', version: 2 })
    expect(await codeOf(job.result())).toBe('JOB_CANCELLED')
    expect(await jobs.cancel(job.id)).toMatchObject({ status: 'cancelled', version: 2 })
  })

  it('runs a failed job again, and no other', async () => {
    const failing = await jobs.submit('fail', { code: 'AGAIN' }, { id: id('again') })
    expect(await codeOf(failing.result())).toBe('AGAIN')
    const again = await jobs.retry(failing.id)
    expect(await codeOf(again.result())).toBe('AGAIN')
    expect(await jobs.get(failing.id)).toMatchObject({ status: 'failed', version: 4 })
    await jobs.run('greet', { name: 'Ada' }, { id: id('greeted') })
    expect(await codeOf(jobs.retry(id('greeted')))).toBe('ALREADY_FINISHED')
    expect(await codeOf(jobs.retry(id('nobody')))).toBe('JOB_NOT_FOUND')
  })

  it('takes what a program publishes', async () => {
    const result = jobs.result<string>(id('published'))
    const published = await jobs.publish(id('published'), { progress: { percent: 10 }, task: 'scan' })
    expect(published).toMatchObject({ status: 'running', version: 2, progress: { percent: 10 } })
    expect(await jobs.publish(id('published'), { status: 'success', output: 'scanned' })).toMatchObject({ version: 3 })
    expect(await result).toBe('scanned')
    expect(await jobs.publish(id('published'), { status: 'success', output: 'scanned' })).toMatchObject({ version: 3 })
    expect(
      await codeOf(jobs.publish(id('published'), { status: 'failed', error: { code: 'NO', message: 'No.' } })),
    ).toBe('ALREADY_FINISHED')
    expect(await codeOf(jobs.submit('echo', 1, { id: id('published') }))).toBe('JOB_IS_EXTERNAL')
    expect(await codeOf(jobs.publish(id('greet'), { progress: { percent: 1 } }))).toBe('JOB_IS_QUEUED')
  })

  it('lists and counts', async () => {
    const prefix = id('listed-')
    const ids = ['a', 'b', 'c'].map((name) => prefix + name)
    const made = await jobs.submitMany(
      ids.map((own, index) => ({ task: 'echo', input: index, id: own, tags: ['odd', 'even'].slice(index % 2) })),
    )
    await Promise.all(made.map(({ job }) => job!.result()))
    expect((await all(jobs.list({ prefix }))).map((job) => job.id)).toEqual(ids)
    expect((await all(jobs.list({ prefix, order: 'desc', tags: 'odd' }))).map((job) => job.id)).toEqual([
      ids[2],
      ids[0],
    ])
    const page = await jobs.list({ prefix, limit: 2, include: ['input', 'output'] })
    expect(page.jobs).toMatchObject([
      { input: 0, output: 0 },
      { input: 1, output: 1 },
    ])
    const { createdAt, startedAt, finishedAt, expiresAt, ...listed } = page.jobs[0]!
    expect([createdAt, startedAt, finishedAt, expiresAt].every(Number.isInteger)).toBe(true)
    const facts = { task: 'echo', status: 'success', version: 2, attempts: 0, priority: 'normal', queue: 'default' }
    expect(listed).toEqual({ id: ids[0], ...facts, input: 0, output: 0, tags: ['odd', 'even'] })
    expect((await jobs.list({ prefix, limit: 2, cursor: page.cursor })).jobs).toHaveLength(1)
    expect(await jobs.counts({ prefix })).toEqual({
      pending: 0,
      running: 0,
      success: 3,
      failed: 0,
      cancelled: 0,
      total: 3,
    })
  })

  it('maps in order, and streams', async () => {
    const inputs = ['Ada', 'Lin', 'Grace'].map((name) => ({ name }))
    expect(await jobs.map('greet', inputs)).toEqual(['Hello, Ada!', 'Hello, Lin!', 'Hello, Grace!'])
    const items = await all(jobs.stream('greet', inputs))
    expect(items.toSorted((a, b) => a.index - b.index).map(({ value }) => value)).toHaveLength(3)
  })

  it('deletes what has ended', async () => {
    await jobs.run('echo', 1, { id: id('gone') })
    await jobs.delete(id('gone'))
    expect(await codeOf(jobs.get(id('gone')))).toBe('JOB_NOT_FOUND')
    expect(await codeOf(jobs.delete(id('gone')))).toBe('JOB_NOT_FOUND')
  })

  it('runs a job again that failed, where the submit says so', async () => {
    const submit = () => jobs.submit('fail', { code: 'AGAIN' }, { id: id('rerun'), rerun: true })
    expect(await codeOf((await submit()).result())).toBe('AGAIN')
    expect(await codeOf((await submit()).result())).toBe('AGAIN')
    expect(await jobs.get(id('rerun'))).toMatchObject({ version: 4, attempts: 1 })
    const outcomes = await jobs.retryFailed({ ids: [id('rerun')] })
    expect(outcomes).toEqual([{ id: id('rerun'), status: 'pending', version: 5 }])
    expect(await codeOf(jobs.result(id('rerun')))).toBe('AGAIN')
  })

  it.each([
    ['a task that is not there', (client: Jobwire<any>) => client.submit('no-such-task'), 'UNKNOWN_TASK'],
    ['an input against the schema', (client: Jobwire<any>) => client.submit('primes', { below: 'x' }), 'INPUT_INVALID'],
    ['an input that is no JSON', (client: Jobwire<any>) => client.submit('echo', 7n), 'INPUT_NOT_JSON'],
    ['an id that is none', (client: Jobwire<any>) => client.submit('echo', 1, { id: 'no id' }), 'INVALID_ID'],
    ['an unknown option', (client: Jobwire<any>) => client.submit('echo', 1, { dealy: 1 } as object), 'INVALID_OPTION'],
    ['an option out of range', (client: Jobwire<any>) => client.submit('echo', 1, { attempts: 0 }), 'INVALID_REQUEST'],
    ['a job that is not there', (client: Jobwire<any>) => client.get(id('nobody')), 'JOB_NOT_FOUND'],
    ['a list with a wrong filter', (client: Jobwire<any>) => client.list({ limit: 0 }), 'INVALID_REQUEST'],
  ])('refuses %s', async (_what, ask, code) => {
    expect(await codeOf(ask(jobs))).toBe(code)
  })

  it('gives up a wait when it is told to, and on its end', async () => {
    const job = await jobs.submit('uuid', null, { delay: '15m' })
    expect(await codeOf(job.result({ signal: AbortSignal.abort() }))).toBe('ABORTED')
    const waiting = codeOf(job.result())
    await jobs.close()
    expect(await waiting).toBe('CLIENT_CLOSED')
    expect(await codeOf(jobs.submit('echo', 1))).toBe('CLIENT_CLOSED')
  })
})
