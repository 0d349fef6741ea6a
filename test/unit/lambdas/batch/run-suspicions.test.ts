import { describe, expect, it } from '@jest/globals'
import type { JobState } from '../../../../lambdas/domain/job/job-state.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { createBatch } from '../../fakes/batch.ts'
import { itemOf, jobOf } from '../../fakes/platform.ts'

/** Receives the message of a job that succeeds once more. Returns the state afterwards. */
async function receive(state: JobState, receives: number) {
  const job = jobOf('a')
  const { store, clock, run } = await createBatch({ echo: defineTask({ run: () => 'ok' }) }, [job])
  store.force('a', state)
  const running = run([itemOf(job, { receives })])
  await clock.advance(1_000)
  await running
  return store.state('a')
}

const LOST = { version: 5, status: 'running', attempts: 0, startedAt: 1 } as const

describe('a job that was received without a run, for want of a slot or of time', () => {
  it.each([2, 3, 200])(
    '%i times, and has lost two runs since, runs again: three crashes make a poison',
    async (vain) => {
      // Other jobs ran beside the first lost run; in the second, the job was alone.
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

describe('a task that ignores its timeout', () => {
  it('keeps a job that must run alone from running beside it, until that job has waited long enough', async () => {
    const order: string[] = []
    const tasks = {
      deaf: defineTask({ timeout: '1s', attempts: 100, run: () => new Promise<null>(() => void order.push('deaf')) }),
      echo: defineTask({ run: () => void order.push('echo') }),
    }
    const jobs = [jobOf('deaf', 'deaf'), jobOf('suspect')]
    const { store, clock, run } = await createBatch(tasks, jobs)
    store.force('suspect', LOST)
    const batch = async (receives: number) => {
      const running = run([itemOf(jobs[0]!), itemOf(jobs[1]!, { receives })])
      await clock.advance(60_000)
      return running
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
