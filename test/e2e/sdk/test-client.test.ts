// The same behaviour for the client in memory and for the real one, so that the two cannot drift apart.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { JobError, type Jobwire } from '@jobwire/sdk'
import { all, codeOf, SUBJECTS, type Subject } from '../support/both-clients.ts'
import { uniqueNamespace, type Tasks } from '../support/target.ts'

const namespace = uniqueNamespace()

describe.each(SUBJECTS)('the client %s', (_name, open) => {
  let jobs: Jobwire<Tasks>
  let pass: Subject['pass']
  const id = (name: string): string => `${namespace}:${name}`

  beforeAll(async () => {
    ;({ jobs, pass } = await open(namespace))
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

  it('reports every change of a job, its progress included', async () => {
    const job = await jobs.submit('count', { to: 2, everyMs: 20 })
    const updates = await all(job.updates())
    expect(updates.at(-1)).toMatchObject({ status: 'success', output: 2, progress: { percent: 100 } })
    const versions = updates.map(({ version }) => version)
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
    expect(await all(jobs.subscribe(job.id))).toMatchObject([{ status: 'success', output: 2 }])
  })

  it('cancels a job that has not ended', async () => {
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

  it('takes the updates that a program publishes', async () => {
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

  it('deletes a job that has ended', async () => {
    await jobs.run('echo', 1, { id: id('gone') })
    await jobs.delete(id('gone'))
    expect(await codeOf(jobs.get(id('gone')))).toBe('JOB_NOT_FOUND')
    expect(await codeOf(jobs.delete(id('gone')))).toBe('JOB_NOT_FOUND')
  })

  it('runs a failed job again if the submit says so', async () => {
    const submit = () => jobs.submit('fail', { code: 'AGAIN' }, { id: id('rerun'), rerun: true })
    expect(await codeOf((await submit()).result())).toBe('AGAIN')
    expect(await codeOf((await submit()).result())).toBe('AGAIN')
    expect(await jobs.get(id('rerun'))).toMatchObject({ version: 4, attempts: 1 })
    const outcomes = await jobs.retryFailed({ ids: [id('rerun')] })
    expect(outcomes).toEqual([{ id: id('rerun'), status: 'pending', version: 5 }])
    expect(await codeOf(jobs.result(id('rerun')))).toBe('AGAIN')
  })

  it('runs all jobs again that failed with one code', async () => {
    const prefix = id('code-')
    const codes = ['ONE', 'OTHER', 'ONE']
    const made = await jobs.submitMany(
      codes.map((code, index) => ({ task: 'fail', input: { code }, id: prefix + index })),
    )
    await Promise.all(made.map(({ job }) => codeOf(job!.result())))
    // The index of failed jobs may be a moment behind.
    while ((await jobs.failures({ prefix })).ONE !== 2);
    const again = await jobs.retryFailed({ code: 'ONE', prefix })
    expect(new Set(again.map((outcome) => outcome.id))).toEqual(new Set([`${prefix}0`, `${prefix}2`]))
    expect(again).toMatchObject([{ status: 'pending', version: 3 }, { version: 3 }])
    expect(await codeOf(jobs.result(`${prefix}2`))).toBe('ONE')
    expect(await jobs.get(`${prefix}1`)).toMatchObject({ version: 2 })
  })

  it('submits many, each with its own outcome', async () => {
    const many = await jobs.submitMany([
      { task: 'greet', input: { name: 'Ada' }, id: id('many') },
      { task: 'greet', input: { name: 'Ada' }, id: id('many') },
      { task: 'greet', input: { name: 'Lin' }, id: id('many') },
      { task: 'primes', input: { below: -1 } },
    ])
    const [first, same, other, wrong] = many
    expect([first!.job?.id, same!.job?.id]).toEqual([id('many'), id('many')])
    expect([other!.error?.code, wrong!.error?.code]).toEqual(['IDEMPOTENCY_CONFLICT', 'INPUT_INVALID'])
    expect(await first!.job!.result()).toBe('Hello, Ada!')
    const late = await jobs.delay('uuid', null, { id: id('late'), delay: '15m' })
    expect(await jobs.get(late)).toMatchObject({ status: 'pending', dueAt: expect.any(Number) })
  })

  it('watches jobs by their ids and by a prefix', async () => {
    const ids = ['watched-a', 'watched-b'].map(id)
    await Promise.all(ids.map((own) => jobs.submit('greet', { name: 'Ada' }, { id: own })))
    for (const target of [ids, { prefix: id('watched-') }]) {
      const ends = (await all(jobs.watch(target))).filter(({ status }) => status === 'success')
      expect(new Set(ends.map((end) => end.id))).toEqual(new Set(ids))
    }
  })

  it('collects the failures of a map, or stops at the first', async () => {
    const inputs = [{ failures: 0 }, { failures: 9 }]
    const options = { attempts: 1, errors: 'collect' } as const
    expect(await jobs.map('flaky', inputs, options)).toMatchObject([
      { index: 0, value: { attempt: 1 } },
      { index: 1, error: { code: 'NOT_YET' } },
    ])
    expect(await codeOf(jobs.map('flaky', inputs, { attempts: 1 }))).toBe('NOT_YET')
  })

  it('ends a run at its timeout, and a wait at its own', async () => {
    const slow = await jobs.submit('wait', { ms: 20_000 }, { runTimeout: '400ms' })
    const waiting = codeOf(slow.result({ timeout: '50ms' }))
    await pass(50)
    expect(await waiting).toBe('RESULT_TIMEOUT')
    const ended = codeOf(slow.result())
    await pass(350)
    expect(await ended).toBe('TASK_TIMEOUT')
    expect(await jobs.get(slow.id)).toMatchObject({ status: 'failed', attempts: 1, error: { retryable: true } })
  })

  it('shows a long run as running, and stops it by a cancel', async () => {
    const job = await jobs.submit('wait', { ms: 20_000 })
    const updates = job.updates()
    expect(await updates.next()).toMatchObject({ value: { status: 'pending', version: 1 } })
    const running = updates.next()
    await pass(250)
    expect(await running).toMatchObject({ value: { status: 'running', version: 2, startedAt: expect.any(Number) } })
    expect(await jobs.cancel(job.id)).toMatchObject({ status: 'cancelled', version: 3 })
    expect(await all(updates)).toMatchObject([{ status: 'cancelled', version: 3 }])
  })

  it('reports a failure with the whole record', async () => {
    const job = await jobs.submit('fail', { code: 'WHOLE' }, { tags: ['a'], metadata: { customer: 7 } })
    const error: unknown = await job.result().catch((reason: unknown) => reason)
    if (!JobError.is(error)) throw error
    const { startedAt: _start, finishedAt: _finish, createdAt: _creation, expiresAt: _expiry, ...record } = error.job
    expect(record).toEqual({
      id: job.id,
      namespace,
      task: 'fail',
      input: { code: 'WHOLE' },
      status: 'failed',
      version: 2,
      attempts: 1,
      error: { code: 'WHOLE', message: 'This task always fails.', retryable: true },
      priority: 'normal',
      queue: 'default',
      tags: ['a'],
      metadata: { customer: 7 },
    })
  })

  it('keeps records for as long as it was asked to', async () => {
    const day = 86_400_000
    const kept = async (options: object) => {
      const job = await jobs.submit('noop', null, options)
      const { createdAt, expiresAt } = await jobs.get(job.id)
      return Math.round((expiresAt - createdAt) / day)
    }
    expect(await kept({ ttl: '3d' })).toBe(3)
    expect(await kept({})).toBe(7)
    expect(await kept({ delay: '2d' })).toBe(9)
  })

  it('runs a large input and gives a large output', async () => {
    const text = 'ä'.repeat(60_000)
    const job = await jobs.submit('echo', { text })
    expect(await job.result()).toEqual({ text })
    expect(await jobs.run('repeat', { text: 'x', times: 200_000 })).toHaveLength(200_000)
  })

  it('reports the state of its connection', async () => {
    const heard: string[] = []
    const off = jobs.on('online', () => heard.push('online'))
    for (const event of ['offline', 'reconnecting'] as const) jobs.on(event, () => heard.push(event))
    off()
    await jobs.run('greet', { name: 'Ada' })
    expect(heard).toEqual([])
    expect(() => jobs.on('gone' as 'offline', () => {})).toThrow('gone')
  })

  it('ends a wait when its signal aborts, and when the client closes', async () => {
    const job = await jobs.submit('uuid', null, { delay: '15m' })
    expect(await codeOf(job.result({ signal: AbortSignal.abort() }))).toBe('ABORTED')
    const waiting = codeOf(job.result())
    await jobs.close()
    expect(await waiting).toBe('CLIENT_CLOSED')
    expect(await codeOf(jobs.submit('echo', 1))).toBe('CLIENT_CLOSED')
  })
})
