import { describe, expect, it } from '@jest/globals'
import { defineTask } from '@jobwire/sdk/task'
import { createTestClient } from '@jobwire/sdk/testing'
import { verifyWebhook } from '@jobwire/sdk/webhook'

const tasks = {
  resize: defineTask({ run: (input: { key: string }) => ({ url: `real ${input.key}`, at: new Date(0) }) }),
  sweep: defineTask({ run: () => 3 }),
}

describe('a test client', () => {
  it('runs the real tasks, and the stand-ins for some', async () => {
    const jobs = createTestClient<typeof tasks>({ tasks, handlers: { sweep: () => 4 } })
    expect(await jobs.run('resize', { key: 'a' })).toEqual({ url: 'real a', at: '1970-01-01T00:00:00.000Z' })
    expect(await jobs.run('sweep')).toBe(4)
  })

  it('holds jobs until they are settled by hand', async () => {
    const jobs = createTestClient<typeof tasks>({ tasks, handlers: { resize: 'hold' } })
    const job = await jobs.submit('resize', { key: 'a' })
    const other = await jobs.submit('resize', { key: 'b' })
    expect(jobs.jobs).toMatchObject([{ status: 'pending', input: { key: 'a' } }, { status: 'pending' }])
    const result = job.result()
    expect(jobs.settle(job.id, { output: { url: 'by hand' } })).toMatchObject({ status: 'success', version: 2 })
    expect(await result).toEqual({ url: 'by hand' })
    jobs.settle(other.id, { error: { code: 'BROKEN' } })
    await expect(other.result()).rejects.toMatchObject({ code: 'BROKEN', retryable: false })
    expect(() => jobs.settle(other.id, {})).toThrow('is failed already')
    expect(() => jobs.progress('nobody', { percent: 1 })).toThrow('There is no job')
  })

  it('reports progress, by hand and by the task', async () => {
    const jobs = createTestClient<typeof tasks>({
      handlers: {
        sweep: async (_input, { progress, attempt, signal }) => {
          progress({ percent: 20 })
          return signal.aborted ? 0 : attempt
        },
      },
    })
    const seen: unknown[] = []
    for await (const { progress, status } of (await jobs.submit('sweep')).updates())
      seen.push([status, progress?.percent])
    expect(seen.at(-1)).toEqual(['success', 20])
  })

  it('runs a job again whose id has become free at the same instant', async () => {
    const jobs = createTestClient<typeof tasks>({ tasks })
    await jobs.run('sweep', undefined, { id: 'a' })
    await jobs.delete('a')
    expect(await jobs.run('resize', { key: 'b' }, { id: 'a' })).toMatchObject({ url: 'real b' })
  }, 2_000)

  it('runs a delayed job once that takes the id of a cancelled one at the same instant', async () => {
    let runs = 0
    const jobs = createTestClient<typeof tasks>({ handlers: { sweep: () => ++runs } })
    for (const isLast of [false, true]) {
      await jobs.submit('sweep', undefined, { id: 'a', delay: '2d' })
      if (isLast) continue
      await jobs.cancel('a')
      await jobs.delete('a')
    }
    await jobs.advance('2d')
    expect(runs).toBe(1)
  })

  it('has a clock that stands still until it is moved', async () => {
    const jobs = createTestClient<typeof tasks>({ tasks, handlers: { resize: 'hold' }, now: 1_000 })
    const late = await jobs.submit('sweep', undefined, { delay: '5m' })
    const early = await jobs.submit('sweep', undefined, { delay: '1m' })
    const held = await jobs.submit('resize', { key: 'a' })
    const waiting = held.result({ timeout: '2m' }).catch((error: { code: string }) => error.code)
    await jobs.advance('2m')
    expect(await waiting).toBe('RESULT_TIMEOUT')
    expect(await jobs.get(early.id)).toMatchObject({ status: 'success', createdAt: 1_000, startedAt: 61_000 })
    expect(await jobs.get(late.id)).toMatchObject({ status: 'pending', dueAt: 301_000 })
    await jobs.advance('3m')
    expect(await late.result()).toBe(3)
    await jobs.advance('7d')
    await expect(jobs.get(early.id)).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' })
  })

  it('ends a run that takes longer than its timeout, and aborts a cancelled one', async () => {
    const reasons: unknown[] = []
    const jobs = createTestClient<typeof tasks>({
      handlers: {
        sweep: (_input, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              reasons.push(signal.reason)
              reject(signal.reason as Error)
            })
          }),
      },
    })
    const slow = await jobs.submit('sweep', undefined, { runTimeout: '10s' })
    await jobs.advance('1s')
    expect(await jobs.status(slow.id)).toBe('running')
    await jobs.advance('9s')
    await expect(slow.result()).rejects.toMatchObject({ code: 'TASK_TIMEOUT' })
    const cancelled = await jobs.submit('sweep')
    await jobs.advance('1s')
    await jobs.cancel(cancelled.id)
    expect(reasons).toHaveLength(2)
  })

  it('makes the same ids and times in each run', async () => {
    const one = createTestClient<typeof tasks>({ tasks })
    const other = createTestClient<typeof tasks>({ tasks })
    for (const client of [one, other]) await client.map('resize', [{ key: 'a' }, { key: 'b' }])
    expect(one.jobs).toEqual(other.jobs)
  })

  it('runs schedules at their times', async () => {
    const now = Date.UTC(2026, 2, 28, 12)
    const jobs = createTestClient<typeof tasks>({ tasks, now })
    const daily = { name: 'daily', task: 'sweep', cron: '30 2 * * ? *', timezone: 'Europe/Berlin' } as const
    await jobs.schedules.create({ ...daily, tags: ['night'] })
    await jobs.schedules.create({ name: 'often', task: 'sweep', every: '12h' })
    await jobs.advance('1d')
    // On the 29th, clocks are set forward from two to three: that time is left out.
    expect(jobs.jobs.map(({ id }) => id)).toEqual(['often:2026-03-29T00:00:00Z', 'often:2026-03-29T12:00:00Z'])
    await jobs.schedules.pause('often')
    await jobs.advance('1d')
    const id = 'daily:2026-03-30T00:30:00Z'
    const [, , ran] = jobs.jobs
    const at = Date.UTC(2026, 2, 30, 0, 30)
    expect(ran).toMatchObject({ id, status: 'success', createdAt: at, output: 3, tags: ['night'] })
    expect(jobs.jobs).toHaveLength(3)
    const schedule = await jobs.schedules.get('daily')
    expect(schedule).toMatchObject({ lastRunAt: at, lastJobId: id, nextRunAt: at + 86_400_000 })
    const rests = await jobs.schedules.get('often')
    expect(rests).toMatchObject({ paused: true, lastRunAt: now + 86_400_000 })
    expect(rests).not.toHaveProperty('nextRunAt')
    expect(await jobs.schedules.resume('often')).toMatchObject({ nextRunAt: now + 2.5 * 86_400_000 })
    await jobs.schedules.delete('daily')
    await jobs.advance('1d')
    expect(jobs.jobs.slice(3).map((job) => job.id)).toEqual([
      'often:2026-03-31T00:00:00Z',
      'often:2026-03-31T12:00:00Z',
    ])
  })

  it('makes the webhooks that a deployment would send, one for each end', async () => {
    const jobs = createTestClient<typeof tasks>({ tasks, handlers: { resize: 'hold' } })
    const webhook = { url: 'http://localhost:3000/hook', data: { order: 17 } }
    const held = await jobs.submit('resize', { key: 'a' }, { webhook })
    await jobs.run('sweep', undefined, { webhook: { url: 'https://example.com/' } })
    jobs.settle(held.id, { error: { code: 'BROKEN' } })
    await jobs.retry(held.id)
    jobs.settle(held.id, { output: { url: 'b' } })
    await jobs.publish('print', { status: 'success', webhook })
    const webhooks = await jobs.webhooks()
    expect(webhooks.map(({ url, event }) => [url, event.type, event.data.data])).toEqual([
      ['https://example.com/', 'job.success', undefined],
      [webhook.url, 'job.failed', { order: 17 }],
      [webhook.url, 'job.success', { order: 17 }],
      [webhook.url, 'job.success', { order: 17 }],
    ])
    expect(new Set(webhooks.map(({ headers }) => headers['webhook-id'])).size).toBe(4)
    const request = new Request(webhook.url, { method: 'POST', ...webhooks[1] })
    const event = await verifyWebhook(await request.text(), request.headers, await jobs.webhookSecret())
    expect(event).toEqual(webhooks[1]!.event)
    expect(event).toMatchObject({ timestamp: '2026-01-01T00:00:00.000Z', data: { job: { error: { code: 'BROKEN' } } } })
    const others = await createTestClient({ namespace: 'other' }).webhookSecret()
    await expect(verifyWebhook(webhooks[1]!.body, webhooks[1]!.headers, others)).rejects.toMatchObject({
      code: 'WEBHOOK_SIGNATURE_WRONG',
    })
  })

  it('loses its connection and finds it again, and misses nothing meanwhile', async () => {
    const jobs = createTestClient<typeof tasks>({ tasks, handlers: { resize: 'hold' } })
    const heard: string[] = []
    for (const event of ['online', 'offline', 'reconnecting'] as const) jobs.on(event, () => heard.push(event))
    const job = await jobs.submit('resize', { key: 'a' })
    const result = job.result()
    expect(heard).toEqual(['online'])
    jobs.disconnect()
    await jobs.advance('5s')
    expect(heard.slice(0, 4)).toEqual(['online', 'offline', 'reconnecting', 'offline'])
    jobs.settle(job.id, { output: { url: 'b' } })
    const read = jobs.get(job.id).catch((error: { code: string }) => error.code)
    await jobs.advance('1m')
    expect(await read).toBe('UNREACHABLE')
    jobs.reconnect()
    await jobs.advance('1m')
    expect(await result).toEqual({ url: 'b' })
    expect(heard.slice(-2)).toEqual(['reconnecting', 'online'])
    jobs.disconnect()
    const submitted = jobs.submit('sweep')
    jobs.reconnect()
    await jobs.advance('1m')
    expect(await (await submitted).result()).toBe(3)
  })

  it('does not send a submit that was given up while it was disconnected', async () => {
    const jobs = createTestClient<typeof tasks>({ handlers: { sweep: 'hold' } })
    const { id } = await jobs.submit('sweep')
    jobs.disconnect()
    const cancelled = jobs.cancel(id, { timeout: 100 }).catch((error: { code: string }) => error.code)
    await jobs.advance(100)
    expect(await cancelled).toBe('TIMEOUT')
    jobs.reconnect()
    await jobs.advance('1m')
    expect(await jobs.status(id)).toBe('pending')
  })

  it('stays disconnected once a job has ended, and connects at once for the next', async () => {
    const jobs = createTestClient<typeof tasks>({ tasks })
    await jobs.run('sweep')
    jobs.disconnect()
    await jobs.advance(0)
    jobs.reconnect()
    expect(await jobs.run('sweep')).toBe(3)
  })

  it('waits in advance() for calls that have only just begun', async () => {
    const jobs = createTestClient<typeof tasks>({ handlers: { sweep: 'hold' } })
    const first = jobs.run('sweep', undefined, { idempotencyKey: 'July', timeout: '1m' })
    await jobs.advance(0)
    const [job] = jobs.jobs
    const again = await jobs.submit('sweep', undefined, { idempotencyKey: 'July' })
    expect(again.id).toBe(job!.id)
    jobs.settle(job!.id, { output: 4 })
    expect(await first).toBe(4)
  })

  it('runs a job once if it is submitted again while it waits', async () => {
    let runs = 0
    const jobs = createTestClient<typeof tasks>({ handlers: { sweep: () => ++runs } })
    const options = { id: 'twice', delay: '1m' } as const
    await Promise.all([jobs.submit('sweep', undefined, options), jobs.submit('sweep', undefined, options)])
    await jobs.submit('sweep', undefined, options)
    await jobs.advance('2m')
    expect(runs).toBe(1)
  })

  it('lets a held job wait no longer than its limits allow', async () => {
    const jobs = createTestClient<typeof tasks>()
    const late = await jobs.submit('sweep', undefined, { delay: '1m', startWithin: '5m' })
    const begun = await jobs.submit('sweep', undefined, { startWithin: '5m', ttl: '1h' })
    jobs.progress(begun.id, { percent: 1 })
    const over = await jobs.submit('sweep', undefined, { ttl: '1h' })
    const outlived = over.result().catch((error: { code: string }) => error.code)
    await jobs.advance('6m')
    expect(await jobs.status(late.id)).toBe('pending')
    await jobs.advance(1)
    await expect(late.result()).rejects.toMatchObject({ code: 'EXPIRED', job: { attempts: 0 } })
    expect(await jobs.status(begun.id)).toBe('running')
    await jobs.advance('1h')
    expect(await outlived).toBe('EXPIRED')
    expect(jobs.jobs.map(({ id }) => id)).toEqual([late.id])
    // The id is free again.
    await jobs.submit('sweep', undefined, { id: over.id, delay: '1m' })
    expect(jobs.jobs).toHaveLength(2)
  })

  it('repeats a failed run at once, as often as allowed, and counts anew in each life', async () => {
    const attempts: number[] = []
    const jobs = createTestClient<typeof tasks>({
      handlers: {
        sweep: (_input, { attempt }) => {
          attempts.push(attempt)
          throw Object.assign(new Error('No.'), { code: 'NO' })
        },
      },
    })
    const job = await jobs.submit('sweep', undefined, { attempts: 3, backoff: { initial: '1h' } })
    await expect(job.result()).rejects.toMatchObject({ code: 'NO' })
    expect(attempts).toEqual([1, 2, 3])
    expect(jobs.jobs).toMatchObject([{ status: 'failed', attempts: 3, version: 4 }])
    await expect((await jobs.retry(job.id)).result()).rejects.toMatchObject({ code: 'NO' })
    expect(attempts).toEqual([1, 2, 3, 1, 2, 3])
  })

  it('gives copies to tasks and to tests', async () => {
    const jobs = createTestClient<typeof tasks>({
      handlers: { resize: (input) => ({ url: (input.key += '!'), at: '' }) },
    })
    const job = await jobs.submit('resize', { key: 'a' }, { attempts: 2 })
    expect(await job.result()).toMatchObject({ url: 'a!' })
    Object.assign(jobs.jobs[0]!.input as object, { key: 'changed' })
    expect(jobs.jobs).toMatchObject([{ input: { key: 'a' } }])
  })

  it('accepts the defaults of a client, and refuses unknown options', async () => {
    const jobs = createTestClient<typeof tasks>({ defaults: { priority: 'low', attempts: 2 } })
    await jobs.submit('sweep')
    expect(jobs.jobs).toMatchObject([{ priority: 'low' }])
    expect(() => createTestClient({ handler: {} } as object)).toThrow('"handler"')
    expect(() => createTestClient({ defaults: { priorty: 'low' } as object })).toThrow('"priorty"')
  })

  it('has no workers to list', async () => {
    expect(await createTestClient().workers()).toEqual({ workers: [] })
  })
})
