import { describe, expect, it } from '@jest/globals'
import { runBatch } from '../../../../lambdas/domain/run/run-batch.ts'
import type { Clock } from '../../../../protocol/kit/clock.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { LONGEST_RUN_MS } from '../../fakes/batch.ts'
import { createPlatform, itemOf, jobOf } from '../../fakes/platform.ts'

/** A platform on which one call takes a while, with one job that has 30 s and an invocation of 58 s. */
async function setUp(slow: 'load' | 'write', takesMs: number) {
  const platform = createPlatform()
  let lateMs = 0
  const clock: Clock = {
    now: () => platform.clock.now() + lateMs,
    after: (delayMs, callback) => platform.clock.after(delayMs, callback),
  }
  const runs: string[] = []
  const task = defineTask({ timeout: '30s', run: (_input: unknown, { jobId }) => void runs.push(jobId) })
  const ports = { ...platform, clock, tasks: { task } }
  const job = jobOf('a', 'task')
  await ports.store.insert([job], 's@c')
  ports.store.before = (call) => {
    if (call === slow && ports.store.state('a')?.status === 'pending') lateMs += takesMs
  }
  // A message that was received before begins its run with a claim.
  const item = { ...itemOf(job), receives: 2 }
  const again = await runBatch(ports, [item], { deadline: clock.now() + 58_000, longestRunMs: LONGEST_RUN_MS })
  return { ...ports, runs, again }
}

describe('a job whose claim takes long', () => {
  it('runs if it is left most of its time', async () => {
    const { runs, store } = await setUp('write', 35_000)
    expect(runs).toEqual(['a'])
    expect(store.state('a')).toMatchObject({ status: 'success' })
  })

  it.each([45_000, 90_000])('comes again and does not fail if the claim takes %d ms', async (claimTakesMs) => {
    const { runs, again, store, queue } = await setUp('write', claimTakesMs)
    expect(runs).toEqual([])
    expect(again).toEqual([])
    expect(store.state('a')).toMatchObject({ status: 'pending', attempts: 0, run: { no: 1, message: 'item-a' } })
    expect(store.state('a')).not.toHaveProperty('lostRuns')
    expect(queue.sent).toMatchObject([{ id: 'a', origin: 'item-a' }])
    expect(queue.sent[0]).not.toHaveProperty('lost')
  })
})

describe('a job whose look-up takes long', () => {
  it('runs if it is left its time', async () => {
    const { runs, store } = await setUp('load', 20_000)
    expect(runs).toEqual(['a'])
    expect(store.state('a')).toMatchObject({ status: 'success' })
  })

  it.each([45_000, 90_000])('comes again and does not fail if the look-up takes %d ms', async (lookUpTakesMs) => {
    const { runs, store, queue } = await setUp('load', lookUpTakesMs)
    expect(runs).toEqual([])
    expect(store.state('a')).toMatchObject({ status: 'pending', attempts: 0 })
    expect(queue.sent).toMatchObject([{ id: 'a', origin: 'item-a' }])
  })
})
