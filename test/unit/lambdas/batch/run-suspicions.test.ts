import { describe, expect, it } from '@jest/globals'
import type { JobState } from '../../../../lambdas/domain/job/job-state.ts'
import { runBatch } from '../../../../lambdas/domain/run/run-batch.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { createPlatform, itemOf, jobOf } from '../../fakes/platform.ts'

/** One job that succeeds, as it comes out of the queue once more. */
async function receive(state: JobState, receives: number) {
  const { store, clock, ...platform } = createPlatform()
  const job = jobOf('a', 'echo', { createdAt: clock.now(), expiresAt: clock.now() + 86_400_000 })
  await store.insert([job], 's@c')
  store.force('a', state)
  const tasks = { echo: defineTask({ run: () => 'ok' }) }
  const run = runBatch({ ...platform, store, clock, tasks }, [itemOf(job, { receives })], {
    deadline: clock.now() + 60_000,
  })
  await clock.advance(1_000)
  await run
  return store.state('a')
}

const LOST = { version: 5, status: 'running', attempts: 0, startedAt: 1 } as const

describe('a job that has come in vain, for a slot or for want of time', () => {
  it.each([2, 3, 200])(
    '%i times, and has lost two runs since, runs again: three crashes make a poison',
    async (vain) => {
      // The first lost run had neighbours; the job was alone in the second.
      expect(await receive({ ...LOST, lostRuns: 1 }, vain + 3)).toMatchObject({ status: 'success' })
    },
  )

  it('and has lost three runs is given up', async () => {
    expect(await receive({ ...LOST, lostRuns: 2 }, 8)).toMatchObject({
      status: 'failed',
      error: { code: 'WORKER_CRASHED' },
    })
  })
})

describe('a task that does not heed its timeout', () => {
  it('keeps whoever must run alone from running beside it, until that one has waited long enough', async () => {
    const { store, clock, redelivery, ...platform } = createPlatform()
    const order: string[] = []
    const tasks = {
      deaf: defineTask({ timeout: '1s', attempts: 100, run: () => new Promise<null>(() => void order.push('deaf')) }),
      echo: defineTask({ run: () => void order.push('echo') }),
    }
    const made = { createdAt: clock.now(), expiresAt: clock.now() + 86_400_000 }
    const jobs = [jobOf('deaf', 'deaf', made), jobOf('suspect', 'echo', made)]
    await store.insert(jobs, undefined)
    store.force('suspect', LOST)
    const batch = async (receives: number) => {
      const run = runBatch(
        { ...platform, store, clock, redelivery, tasks },
        [itemOf(jobs[0]!), itemOf(jobs[1]!, { receives })],
        { deadline: clock.now() + 60_000 },
      )
      await clock.advance(60_000)
      return run
    }
    expect(await batch(2)).toEqual(expect.arrayContaining(['item-suspect']))
    expect(order).toEqual(['deaf'])
    expect(store.state('suspect')).toEqual(LOST)
    await clock.advance(600_000)
    expect(await batch(9)).not.toContain('item-suspect')
    expect(order).toEqual(['deaf', 'echo', 'deaf'])
    expect(store.state('suspect')).toMatchObject({ status: 'success' })
  })
})
