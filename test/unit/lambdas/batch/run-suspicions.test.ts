import { describe, expect, it } from '@jest/globals'
import type { BatchItem } from '../../../../lambdas/domain/batch/job-in-batch.ts'
import type { JobState } from '../../../../lambdas/domain/job/job-state.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { createBatch } from '../../fakes/batch.ts'
import { itemOf, jobOf, messageOf } from '../../fakes/platform.ts'

/** Receives a message of a job that would succeed. Returns the state afterwards. */
async function receive(state: JobState, item: Partial<BatchItem>) {
  const job = jobOf('a')
  const { store, clock, run } = await createBatch({ echo: defineTask({ run: () => 'ok' }) }, [job])
  store.force('a', state)
  const running = run([itemOf(job, item)])
  await clock.advance(1_000)
  await running
  return store.state('a')
}

const LOST = { version: 5, status: 'running', attempts: 0, startedAt: 1, run: { no: 1, message: 'item-a' } } as const
const ALONE = { ...LOST, run: { ...LOST.run, alone: true } } as const
const CONVICTED = { status: 'failed', error: { code: 'WORKER_CRASHED' } }

describe('a job that was received without a run, for want of a slot or of time', () => {
  it.each([2, 3, 200])(
    '%i times, and has lost two runs since, runs again: three crashes make a poison',
    async (vain) => {
      expect(await receive({ ...ALONE, lostRuns: 1 }, { receives: vain + 3 })).toMatchObject({ status: 'success' })
    },
  )

  it('and has lost three runs is given up, if it was alone in the last one', async () => {
    expect(await receive({ ...ALONE, lostRuns: 2 }, { receives: 8 })).toMatchObject(CONVICTED)
    expect(await receive({ ...LOST, lostRuns: 2 }, { receives: 8 })).toMatchObject({ status: 'success' })
  })
})

describe('a message that took the place of another one', () => {
  const message = { ...messageOf(jobOf('a')), origin: 'item-a' }

  it('goes on with what the old one knew: a crash that left no record, and the lost runs', async () => {
    const lost = { run: 1, receives: 1, waits: 3 }
    const item = { itemId: 'sent', message: { ...message, lost } }
    expect(await receive({ ...ALONE, lostRuns: 1 }, item)).toMatchObject(CONVICTED)
    expect(await receive({ ...ALONE, lostRuns: 0 }, item)).toMatchObject({ status: 'success' })
  })

  it.each([2, 3, 7])(
    'is no crash for each of its %i receives: it claims every run before it begins',
    async (receives) => {
      const run = { no: 2, message: 'sent', origin: 'item-a', alone: true } as const
      const state = { ...LOST, run, lostRuns: 1 }
      expect(await receive(state, { itemId: 'sent', message, receives })).toMatchObject({ status: 'success' })
    },
  )
})

describe('a task that ignores its timeout', () => {
  it('keeps a job that must run alone from running beside it, until that job has waited long enough', async () => {
    const order: string[] = []
    const tasks = {
      deaf: defineTask({ timeout: '1s', attempts: 100, run: () => new Promise<null>(() => void order.push('deaf')) }),
      echo: defineTask({ run: () => void order.push('echo') }),
    }
    const jobs = [jobOf('deaf', 'deaf'), jobOf('suspect')]
    const { store, clock, queue, run } = await createBatch(tasks, jobs)
    const state = { ...LOST, lostRuns: 1, run: { no: 2, message: 'item-suspect' } }
    store.force('suspect', state)
    const batch = async (suspect: Partial<BatchItem>) => {
      const running = run([itemOf(jobs[0]!), itemOf(jobs[1]!, suspect)])
      await clock.advance(60_000)
      return running
    }
    await batch({ receives: 2 })
    expect(order).toEqual(['deaf'])
    expect(store.state('suspect')).toEqual(state)
    const copy = queue.sent.find(({ id }) => id === 'suspect')!
    expect(copy.lost).toEqual({ run: 2, receives: 0, waits: 1 })
    await clock.advance(600_000)
    await batch({ itemId: 'sent', message: { ...copy, lost: { ...copy.lost!, waits: 8 } } })
    expect(order).toEqual(['deaf', 'echo'])
    expect(store.state('suspect')).toMatchObject({ status: 'success' })
  })
})
