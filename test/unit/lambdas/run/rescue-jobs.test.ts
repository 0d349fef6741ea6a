import { describe, expect, it } from '@jest/globals'
import type { BatchItem } from '../../../../lambdas/domain/batch/job-in-batch.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { createBatch, LONGEST_RUN_MS } from '../../fakes/batch.ts'
import { jobOf } from '../../fakes/platform.ts'

const WAIT_MS = LONGEST_RUN_MS + 5_000

/** A job that runs for `lastsMs`, with its own message and that of a resubmit. */
async function setUp(lastsMs = 0) {
  const runs: string[] = []
  const work = defineTask({
    timeout: '50s',
    run: (_: unknown, { jobId }) => {
      runs.push(jobId)
      return lastsMs === 0 ? 'ok' : new Promise((resolve) => batch.clock.after(lastsMs, () => resolve('ok')))
    },
  })
  const batch = await createBatch({ work }, [jobOf('a', 'work')])
  const own = batch.items[0]!
  const rescue: BatchItem = { ...own, itemId: 'rescue', receiptHandle: 'r', message: { ...own.message, rescue: true } }
  let delivered = 0
  /** Delivers the latest message that took the place of another one. */
  const runCopy = (more: Partial<BatchItem> = {}) =>
    batch.run([{ ...rescue, itemId: `copy-${++delivered}`, message: batch.queue.sent.at(-1)!, ...more }])
  return { ...batch, runs, own, rescue, runCopy, state: () => batch.store.state('a') }
}

describe("a resubmit's message", () => {
  it('marks the job at its first look, tells nobody, and comes again when every unmarked run is over', async () => {
    const { run, rescue, state, queue, clock, pusher, runs } = await setUp()
    expect(await run([rescue])).toEqual([])
    expect(state()).toEqual({ version: 2, status: 'pending', attempts: 0, rescueAt: clock.now() })
    expect(queue.sentLater(clock.now())).toEqual([
      { message: { ...rescue.message, origin: 'rescue' }, delayMs: WAIT_MS },
    ])
    expect([runs, pusher.pushes]).toEqual([[], []])
  })

  it('runs the job if its own message never comes, and tells its watchers', async () => {
    const { run, rescue, runCopy, state, clock, pusher, runs } = await setUp()
    await run([rescue])
    await clock.advance(WAIT_MS)
    expect(await runCopy()).toEqual([])
    expect(runs).toEqual(['a'])
    expect(state()).toMatchObject({ version: 4, status: 'success' })
    expect(pusher.updatesOf('a').map(({ status }) => status)).toEqual(['running', 'success'])
  })

  it('waits on if it comes too soon, and does not mark the job anew', async () => {
    const { run, rescue, runCopy, state, queue, clock, runs } = await setUp()
    await run([rescue])
    const marked = state()
    await clock.advance(WAIT_MS - 10_000)
    expect(await runCopy()).toEqual([])
    expect(queue.sentLater(clock.now()).at(-1)!.delayMs).toBe(10_000)
    expect([state(), runs]).toEqual([marked, []])
  })

  it('is deleted if a run has begun meanwhile, ended or not', async () => {
    const { run, own, rescue, runCopy, queue, clock, runs } = await setUp(40_000)
    await run([rescue])
    const running = run([own])
    await clock.advance(1_000)
    expect(await runCopy()).toEqual([])
    await clock.advance(60_000)
    await running
    expect(await runCopy()).toEqual([])
    expect(runs).toEqual(['a'])
    expect(queue.sent).toHaveLength(1)
  })

  it('leaves a run alone that began before the mark and is on no record yet', async () => {
    const { run, own, rescue, state, clock, runs } = await setUp(10_000)
    const running = run([own])
    await clock.advance(100)
    await run([rescue])
    expect(state()).toMatchObject({ version: 2, status: 'pending' })
    await clock.advance(200)
    expect(state()).toMatchObject({ version: 3, status: 'running', run: { no: 1, message: 'item-a' } })
    await clock.advance(20_000)
    expect(await running).toEqual([])
    expect(runs).toEqual(['a'])
    expect(state()).toMatchObject({ status: 'success' })
  })

  it('tries the mark again at its next look if it could not be stored', async () => {
    const { run, rescue, runCopy, state, store, logged, clock } = await setUp()
    store.before = (call) => {
      if (call === 'write') throw new Error('throttled')
    }
    expect(await run([rescue])).toEqual([])
    expect(logged).toMatchObject([['warn', 'A resubmitted job could not be marked.', { jobId: 'a' }]])
    store.before = () => undefined
    await clock.advance(WAIT_MS)
    await runCopy()
    expect(state()).toMatchObject({ status: 'pending', rescueAt: clock.now() })
  })

  it('of an ended job is deleted without a push: the submit told whoever sent it', async () => {
    const { run, own, rescue, pusher } = await setUp()
    await run([own])
    pusher.pushes.length = 0
    expect(await run([rescue])).toEqual([])
    expect(pusher.pushes).toEqual([])
  })
})

describe("the job's own message, once a resubmit has marked the job", () => {
  it('claims its run, so that the two cannot run side by side', async () => {
    const { run, own, rescue, runCopy, clock, runs, state } = await setUp(30_000)
    await run([rescue])
    await clock.advance(WAIT_MS)
    const rescued = runCopy()
    await clock.advance(10)
    expect(state()).toMatchObject({ status: 'running', run: { no: 1, message: 'copy-1', origin: 'rescue' } })
    // It was on its way for long.
    expect(await run([own])).toEqual([])
    await clock.advance(60_000)
    expect(await rescued).toEqual([])
    expect(runs).toEqual(['a'])
  })

  it('and the claim of the other is refused if both have read the same record', async () => {
    const { run, own, rescue, runCopy, clock, runs, store, state } = await setUp(1_000)
    await run([rescue])
    await clock.advance(WAIT_MS)
    const seen = await store.load([own.message], 'strong')
    const load = store.load.bind(store)
    store.load = () => Promise.resolve(seen)
    const both = [run([own]), runCopy()]
    await clock.advance(10)
    store.load = load
    await clock.advance(5_000)
    expect(await Promise.all(both)).toEqual([[], []])
    expect(runs).toEqual(['a'])
    expect(state()).toMatchObject({ status: 'success' })
  })
})
