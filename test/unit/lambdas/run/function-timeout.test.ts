import { describe, expect, it } from '@jest/globals'
import type { Clock } from '../../../../protocol/kit/clock.ts'
import { runBatch } from '../../../../lambdas/domain/run/run-batch.ts'
import { ManualClock } from '../../../../local/clock.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { createBatch, LONGEST_RUN_MS } from '../../fakes/batch.ts'
import { createPlatform, itemOf, jobOf, MemoryPusher } from '../../fakes/platform.ts'

describe('tasks that compute without a pause (I6)', () => {
  /** A task that blocks the thread: time passes, and nothing else happens. */
  function blocking(blockMs: number) {
    const platform = createPlatform()
    let blockedMs = 0
    const clock: Clock = {
      now: () => platform.clock.now() + blockedMs,
      after: (delayMs, callback) => platform.clock.after(delayMs, callback),
    }
    const order: string[] = []
    platform.store.before = (call) => void (call.startsWith('write') && order.push('stored'))
    const hog = defineTask({
      timeout: '30s',
      run: (_input: unknown, { jobId }) => {
        order.push(jobId)
        blockedMs += blockMs
      },
    })
    return { ...platform, clock, order, tasks: { hog } }
  }

  it('have their results stored one by one, and those without time left come again', async () => {
    const ports = blocking(16_000)
    const jobs = ['a', 'b', 'c', 'd', 'e'].map((id) => jobOf(id, 'hog'))
    await ports.store.insert(jobs, 's@c')
    const items = jobs.map((job) => itemOf(job))
    const again = await runBatch(ports, items, { deadline: ports.clock.now() + 58_000, longestRunMs: LONGEST_RUN_MS })
    expect(ports.order).toEqual(['a', 'stored', 'b', 'stored'])
    expect(again).toEqual([])
    expect(jobs.map(({ id }) => ports.store.state(id)?.status)).toEqual([
      'success',
      'success',
      'pending',
      'pending',
      'pending',
    ])
    expect(ports.queue.sent.map(({ id, origin }) => [id, origin])).toEqual(
      ['c', 'd', 'e'].map((id) => [id, `item-${id}`]),
    )
  })
})

describe('a function that Lambda stops in the middle of a batch (I6)', () => {
  it('loses no job that had ended: its result is pushed once more, and only the others run again', async () => {
    const runs: string[] = []
    let stuck = true
    const tasks = {
      quick: defineTask({ run: (_input: unknown, { jobId }) => void runs.push(jobId) }),
      slow: defineTask({
        run: (_input: unknown, { jobId }) => {
          runs.push(jobId)
          return stuck ? new Promise(() => {}) : 'at last'
        },
      }),
    }
    const jobs = [jobOf('quick-1', 'quick'), jobOf('slow', 'slow'), jobOf('quick-2', 'quick')]
    const platform = await createBatch(tasks, jobs)
    const { store, clock, run } = platform
    // This invocation never returns: its clock stands still from now on, like its environment.
    void run()
    await clock.advance(1_000)
    expect(runs).toEqual(['quick-1', 'slow', 'quick-2'])
    expect(['quick-1', 'quick-2', 'slow'].map((id) => store.state(id)?.status)).toEqual([
      'success',
      'success',
      'running',
    ])

    stuck = false
    const later = new ManualClock(clock.now() + 6 * 60_000)
    const pusher = new MemoryPusher()
    const again = jobs.map((job) => itemOf(job, { receives: 2 }))
    const running = runBatch({ ...platform, clock: later, pusher }, again, {
      deadline: later.now() + 60_000,
      longestRunMs: LONGEST_RUN_MS,
    })
    await later.advance(1_000)
    expect(await running).toEqual([])
    expect(runs).toEqual(['quick-1', 'slow', 'quick-2', 'slow'])
    for (const id of ['quick-1', 'quick-2']) {
      expect(store.history.get(id)?.map(({ status }) => status)).toEqual(['pending', 'success'])
      expect(pusher.updatesOf(id)).toMatchObject([{ version: 2, status: 'success' }])
    }
    expect(pusher.updatesOf('slow').at(-1)).toMatchObject({ status: 'success', output: 'at last' })
  })
})
