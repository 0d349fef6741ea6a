import { describe, expect, it } from '@jest/globals'
import { defineTask } from '../../../../protocol/job/task.ts'
import { createBatch } from '../../fakes/batch.ts'
import { itemOf, jobOf } from '../../fakes/platform.ts'

describe('a second message of a job that had to start by a time', () => {
  it('comes too late and finds the job running: the job goes on', async () => {
    const echo = defineTask({ run: () => 'ok' })
    const { store, clock, items, run } = await createBatch({ echo }, [jobOf('a')])
    const late = { ...items[0]!, message: { ...items[0]!.message, startBy: clock.now() + 100 } }
    await clock.advance(200)
    // The record was read before the run of the first message was recorded.
    store.before = (call) => {
      if (call === 'write' && store.state('a')?.version === 1) {
        store.force('a', { version: 2, status: 'running', attempts: 0, startedAt: clock.now() - 150 })
      }
    }
    const running = run([late])
    await clock.advance(1_000)
    expect(await running).toEqual(['item-a'])
    expect(store.state('a')).toMatchObject({ version: 2, status: 'running' })
  })
})

describe('a second message of a job that another worker runs', () => {
  async function received(receives: number, ranForMs: number) {
    let runs = 0
    const slow = defineTask({ timeout: '60s', run: () => void runs++ })
    const job = jobOf('a', 'slow')
    const { store, clock, redelivery, run } = await createBatch({ slow }, [job])
    store.force('a', { version: 2, status: 'running', attempts: 0, startedAt: clock.now() - ranForMs })
    const running = run([itemOf(job, { receives })], 120_000)
    await clock.advance(1_000)
    return { again: await running, runs, delays: redelivery.delays() }
  }

  it('does not run it a second time, and is put back until that run must be over', async () => {
    const { again, runs, delays } = await received(1, 20_000)
    expect({ again, runs }).toEqual({ again: ['item-a'], runs: 0 })
    expect(delays['receipt-a']).toBeGreaterThanOrEqual(40_000)
    expect(delays['receipt-a']).toBeLessThanOrEqual(50_000)
  })

  it('runs it if that run must be over, because its worker is gone then', async () => {
    expect(await received(1, 90_000)).toMatchObject({ again: [], runs: 1 })
  })

  it('is the same message if it has come before: then its own worker crashed', async () => {
    expect(await received(2, 20_000)).toMatchObject({ again: [], runs: 1 })
  })
})

describe('a running job', () => {
  async function begin() {
    let abortedAt: number | undefined
    const wait = defineTask({
      timeout: '50s',
      run: (_: unknown, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            abortedAt = clock.now() - job.createdAt
            resolve('late')
          })
        }),
    })
    const job = jobOf('a', 'wait')
    const { store, clock, pusher, run } = await createBatch({ wait }, [job])
    const running = run()
    await clock.advance(1_000)
    return { store, clock, job, running, pusher, abortedAt: () => abortedAt }
  }

  it('that is cancelled and deleted gets its abort signal, and its message is acknowledged', async () => {
    const { store, clock, running, abortedAt, pusher } = await begin()
    store.forget('a')
    await clock.advance(10_000)
    expect(abortedAt()).toBeLessThanOrEqual(10_000)
    expect(await running).toEqual([])
    expect(pusher.updatesOf('a').map(({ status }) => status)).toEqual(['running'])
  })

  it('that only an eventually consistent read does not see goes on', async () => {
    const { store, clock, abortedAt, running } = await begin()
    store.unseen.add('a')
    await clock.advance(20_000)
    expect(abortedAt()).toBeUndefined()
    await clock.advance(60_000)
    expect(store.state('a')).toMatchObject({ status: 'failed', error: { code: 'TASK_TIMEOUT' } })
    expect(await running).toEqual([])
  })

  it('that is cancelled and run again gets its abort signal, and leaves the new life alone', async () => {
    const { store, clock, job, running, abortedAt } = await begin()
    store.force('a', { version: 3, status: 'cancelled', attempts: 0 })
    const seen = await store.read(job)
    await store.rerun({ ...job, createdAt: job.createdAt + 1 }, seen!, undefined)
    await clock.advance(10_000)
    expect(abortedAt()).toBeLessThanOrEqual(10_000)
    expect(await running).toEqual([])
    expect(store.state('a')).toMatchObject({ version: 4, status: 'pending' })
  })
})
