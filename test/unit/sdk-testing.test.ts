import { describe, expect, it } from '@jest/globals'
import { defineTask } from '@jobwire/sdk/task'
import { createTestClient } from '@jobwire/sdk/testing'

const tasks = {
  resize: defineTask({ run: (input: { key: string }) => ({ url: `real ${input.key}`, at: new Date(0) }) }),
  sweep: defineTask({ run: () => 3 }),
}

describe('a test client', () => {
  it('runs the real tasks, and what stands in for some', async () => {
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

  it('tells of progress, by hand and by the task', async () => {
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

  it('lets time stand still until it is moved', async () => {
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

  it('is the same in each run', async () => {
    const one = createTestClient<typeof tasks>({ tasks })
    const other = createTestClient<typeof tasks>({ tasks })
    for (const client of [one, other]) await client.map('resize', [{ key: 'a' }, { key: 'b' }])
    expect(one.jobs).toEqual(other.jobs)
  })

  it('says what it does not know', async () => {
    const jobs = createTestClient<typeof tasks>({ tasks })
    await expect(jobs.schedules.get('nightly')).rejects.toMatchObject({ code: 'UNKNOWN_ROUTE' })
  })
})
