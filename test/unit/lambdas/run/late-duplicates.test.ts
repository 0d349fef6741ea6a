import { describe, expect, it } from '@jest/globals'
import type { BatchItem } from '../../../../lambdas/domain/batch/job-in-batch.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { createBatch } from '../../fakes/batch.ts'
import { itemOf, jobOf, messageOf } from '../../fakes/platform.ts'

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

describe('a message of a job that another worker runs', () => {
  const run = { no: 2, message: 'item-a' }
  const HOUR_MS = 3_600_000

  async function receive(item: Partial<BatchItem>, { recorded = run, ranForMs = 20_000 } = {}) {
    let runs = 0
    const slow = defineTask({ timeout: '60s', run: () => void runs++ })
    const job = jobOf('a', 'slow', { expiresAt: jobOf('a').createdAt + 24 * HOUR_MS })
    const batch = await createBatch({ slow }, [job])
    const { store, clock, redelivery, queue } = batch
    await clock.advance(HOUR_MS)
    const startedAt = clock.now() - ranForMs
    store.force('a', { version: 2, status: 'running', attempts: 0, startedAt, run: recorded })
    const running = batch.run([itemOf(job, item)], 120_000)
    await clock.advance(1_000)
    return { again: await running, runs, delays: redelivery.delays(), sent: queue.sent.length, state: store.state('a') }
  }

  it('that is the message of the run means that its worker has crashed: it runs the job again', async () => {
    expect(await receive({ receives: 2 })).toMatchObject({ again: [], runs: 1, state: { status: 'success' } })
  })

  it('that took its place, or whose place it took, does not run it, and looks again later', async () => {
    const copy = { itemId: 'sent', message: { ...messageOf(jobOf('a', 'slow')), origin: 'item-a' } }
    const waits = { again: ['sent'], runs: 0, sent: 0, delays: { 'receipt-a': 30_000 } }
    expect(await receive(copy)).toMatchObject(waits)
    expect(await receive({ ...copy, receives: 9 })).toMatchObject(waits)
    const recorded = { ...run, message: 'sent', origin: 'item-a' }
    expect(await receive({ receives: 9 }, { recorded })).toMatchObject({ ...waits, again: ['item-a'] })
  })

  it('that took its place runs it once the time of the longest run is over', async () => {
    const copy = { itemId: 'sent', message: { ...messageOf(jobOf('a', 'slow')), origin: 'item-a' } }
    expect(await receive(copy, { ranForMs: 15 * 60_000 })).toMatchObject({ again: ['sent'], runs: 0 })
    expect(await receive(copy, { ranForMs: 17 * 60_000 })).toMatchObject({ again: [], runs: 1 })
  })

  it('that was sent by a resubmit is deleted, however often it comes', async () => {
    const rescue = { itemId: 'sent', message: { ...messageOf(jobOf('a', 'slow')), rescue: true } } as const
    for (const receives of [1, 2, 9]) {
      expect(await receive({ ...rescue, receives })).toMatchObject({ again: [], runs: 0, sent: 0, delays: {} })
    }
  })

  it('of which an earlier version of the platform has recorded the run goes by its receives', async () => {
    const recorded = undefined as never
    expect(await receive({ receives: 1 }, { recorded })).toMatchObject({ again: ['item-a'], runs: 0 })
    expect(await receive({ receives: 2 }, { recorded })).toMatchObject({ again: [], runs: 1 })
  })
})

describe('a running job', () => {
  async function begin() {
    let abortedAt: number | undefined
    let reason: unknown
    const wait = defineTask({
      timeout: '50s',
      run: (_: unknown, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            abortedAt = clock.now() - job.createdAt
            reason = signal.reason
            resolve('late')
          })
        }),
    })
    const job = jobOf('a', 'wait')
    const { store, clock, pusher, run } = await createBatch({ wait }, [job])
    const running = run()
    await clock.advance(1_000)
    return { store, clock, job, running, pusher, abortedAt: () => abortedAt, reason: () => reason }
  }

  it('that is cancelled and deleted gets its abort signal, and its message is acknowledged', async () => {
    const { store, clock, running, abortedAt, pusher } = await begin()
    store.forget('a')
    await clock.advance(10_000)
    expect(abortedAt()).toBeLessThanOrEqual(10_000)
    expect(await running).toEqual([])
    expect(pusher.updatesOf('a').map(({ status }) => status)).toEqual(['running'])
  })

  it('that another run has taken over gets its abort signal, and its end is neither stored nor acknowledged', async () => {
    const { store, clock, running, abortedAt, reason } = await begin()
    const theirs = {
      version: 9,
      status: 'running',
      attempts: 0,
      startedAt: 5,
      run: { no: 2, message: 'item-a' },
    } as const
    store.force('a', theirs)
    await clock.advance(10_000)
    expect(abortedAt()).toBeLessThanOrEqual(10_000)
    expect(reason()).toMatchObject({ code: 'ENDED', message: 'Another run of the job has taken its place.' })
    // The message is the same: whoever deletes it takes it from the other worker.
    expect(await running).toEqual(['item-a'])
    expect(store.state('a')).toEqual(theirs)
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
