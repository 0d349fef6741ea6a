import { describe, expect, it } from '@jest/globals'
import { setImmediate } from 'node:timers/promises'
import type { TaskContext } from '../../../../protocol/job/task.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { createBatch } from '../../fakes/batch.ts'
import { jobOf } from '../../fakes/platform.ts'

/** Starts jobs whose task the test ends. */
async function setUp(ids: readonly string[] = ['a']) {
  const contexts = new Map<string, TaskContext>()
  const ends = new Map<string, { resolve: (output: unknown) => void; reject: (error: unknown) => void }>()
  const held = defineTask({
    timeout: '50s',
    run: (_: unknown, context) => {
      contexts.set(context.jobId, context)
      return new Promise((resolve, reject) => ends.set(context.jobId, { resolve, reject }))
    },
  })
  const platform = await createBatch(
    { held },
    ids.map((id) => jobOf(id, 'held')),
  )
  const running = platform.run()
  await platform.clock.advance(0)
  return { ...platform, running, context: contexts.get('a')!, contexts, end: ends.get('a')!, ends }
}

describe('progress', () => {
  it('is stored and pushed four times a second however often it is reported, and the last one wins', async () => {
    const { running, context, end, clock, pusher, store } = await setUp()
    for (let ms = 0; ms < 2_000; ms++) {
      context.progress({ percent: ms / 20 })
      await clock.advance(1)
    }
    end.resolve('done')
    await running
    const updates = pusher.updatesOf('a')
    expect(updates.map(({ status }) => status)).toEqual([...Array.from({ length: 8 }, () => 'running'), 'success'])
    expect(updates.map(({ version }) => version)).toEqual(updates.map((_, index) => index + 2))
    expect(updates.map(({ progress }) => progress?.percent)).toEqual([
      12.45, 24.95, 37.45, 49.95, 62.45, 74.95, 87.45, 99.95, 99.95,
    ])
    expect(store.state('a')).toMatchObject({ status: 'success', progress: { percent: 99.95 } })
  })

  it('comes within a quarter of a second, the first time and after a silence', async () => {
    const { running, context, end, clock, pusher } = await setUp()
    await clock.advance(1_000)
    context.progress({ message: 'page 1', data: { page: 1 } })
    await clock.advance(0)
    expect(pusher.updatesOf('a')).toMatchObject([
      { status: 'running' },
      { progress: { message: 'page 1', data: { page: 1 } } },
    ])
    context.progress({ message: 'page 2' })
    context.progress({ message: 'page 3' })
    await clock.advance(249)
    expect(pusher.updatesOf('a')).toHaveLength(2)
    await clock.advance(1)
    expect(pusher.updatesOf('a').at(-1)).toMatchObject({ version: 4, progress: { message: 'page 3' } })
    end.resolve(null)
    await running
  })

  it('with half a character has U+FFFD in its place', async () => {
    const { running, context, end, store } = await setUp()
    context.progress({ message: 'x\uD83D', data: ['\uDE00'] })
    end.resolve(null)
    await running
    expect(store.state('a')).toMatchObject({ progress: { message: 'x\uFFFD', data: ['\uFFFD'] } })
  })

  it('of a short job costs no extra write: it is stored with the end', async () => {
    const { running, context, end, store } = await setUp()
    context.progress({ percent: 50 })
    context.progress({ percent: 100 })
    end.resolve(null)
    await running
    expect(store.calls).toEqual(['load', 'write'])
    expect(store.state('a')).toMatchObject({ version: 2, status: 'success', progress: { percent: 100 } })
  })

  it('reported after the end is dropped', async () => {
    const { running, context, end, clock, store } = await setUp()
    end.resolve('done')
    await running
    context.progress({ percent: 1 })
    await clock.advance(10_000)
    expect(store.history.get('a')).toHaveLength(2)
  })

  it('that cannot be stored for a while delays nothing, and the last one is stored afterwards', async () => {
    const { running, context, end, clock, store } = await setUp()
    store.before = () => {
      throw new Error('throttled')
    }
    context.progress({ percent: 1 })
    await clock.advance(2_000)
    context.progress({ percent: 2 })
    store.before = () => undefined
    await clock.advance(30_000)
    expect(store.state('a')).toMatchObject({ status: 'running', progress: { percent: 2 } })
    end.resolve('done')
    expect(await running).toEqual([])
    expect(store.state('a')).toMatchObject({ status: 'success', output: 'done' })
  })

  it.each([
    ['nothing', undefined, /"progress" must be an object/],
    ['more than 100 percent', { percent: 101 }, /"progress.percent" must be a number from 0 to 100/],
    ['NaN as percent', { percent: Number.NaN }, /percent/],
    ['a number as message', { message: 7 }, /"progress.message" must be a string/],
    ['an unknown field', { percnt: 7 }, /no field "percnt". It may have: percent, message, data/],
    ['too much', { data: 'x'.repeat(9_000) }, /too large: at most 8 KB/],
    ['data that is not JSON', { data: 1n }, /cannot be written as JSON/],
  ])('of %s throws, and says why', async (_, told, message) => {
    const { context, end, running } = await setUp()
    expect(() => context.progress(told as never)).toThrow(message)
    end.resolve(null)
    await running
  })

  it('is gone when the next attempt begins', async () => {
    const { running, context, end, clock, store } = await setUp()
    context.progress({ percent: 50 })
    await clock.advance(300)
    end.reject(new Error('no'))
    await running
    expect(store.state('a')).toMatchObject({ status: 'failed', progress: { percent: 50 } })
  })
})

describe('a log line', () => {
  it('names its job', async () => {
    const { running, context, end, logged } = await setUp()
    context.log('Halfway.', { page: 3 })
    end.resolve(null)
    await running
    expect(logged).toEqual([
      ['info', 'Halfway.', { jobId: 'a', namespace: 'acme', task: 'held', attempt: 1, data: { page: 3 } }],
    ])
  })
})

describe('a job that is cancelled while it runs', () => {
  const cancelled = { version: 9, status: 'cancelled', attempts: 0, finishedAt: 1 } as const

  it('gets its abort signal within seconds, with the reason, and its late result is dropped', async () => {
    const { running, context, end, clock, store, pusher } = await setUp()
    await clock.advance(3_000)
    store.force('a', cancelled)
    expect(context.signal.aborted).toBe(false)
    await clock.advance(2_000)
    expect(context.signal.aborted).toBe(true)
    expect(context.signal.reason).toMatchObject({ message: 'The job was cancelled.', code: 'CANCELLED' })
    end.resolve('late')
    expect(await running).toEqual([])
    expect(store.state('a')).toEqual(cancelled)
    // The call that cancelled it has pushed that.
    expect(pusher.updatesOf('a').map(({ status }) => status)).toEqual(['running'])
  })

  it('does not delay its batch, even if its task ignores the signal', async () => {
    const { running, clock, store } = await setUp()
    await clock.advance(1_000)
    store.force('a', cancelled)
    await clock.advance(4_000)
    expect(await running).toEqual([])
  })

  it('gets its abort signal sooner if it reports progress', async () => {
    const { running, context, clock, store, pusher } = await setUp()
    await clock.advance(1_000)
    store.force('a', cancelled)
    context.progress({ percent: 1 })
    await clock.advance(250)
    expect(context.signal.aborted).toBe(true)
    expect(await running).toEqual([])
    expect(pusher.updatesOf('a').map(({ status }) => status)).toEqual(['running'])
  })

  it('is read together with the other jobs that run long, and only with those', async () => {
    const { running, ends, contexts, clock, store } = await setUp(['a', 'b', 'c'])
    await clock.advance(1_000)
    ends.get('c')!.resolve(null)
    await clock.advance(100)
    store.calls.length = 0
    await clock.advance(14_000)
    expect(store.calls).toEqual(['load', 'load', 'load'])
    store.force('b', cancelled)
    await clock.advance(5_000)
    expect(contexts.get('a')!.signal.aborted).toBe(false)
    expect(contexts.get('b')!.signal.aborted).toBe(true)
    ends.get('a')!.resolve('fine')
    expect(await running).toEqual([])
    expect(store.state('a')).toMatchObject({ status: 'success', output: 'fine' })
    store.calls.length = 0
    await clock.advance(60_000)
    expect(store.calls).toEqual([])
  })

  it('is read again after a read has failed', async () => {
    const { running, context, clock, store } = await setUp()
    await clock.advance(1_000)
    store.before = () => {
      throw new Error('throttled')
    }
    await clock.advance(4_500)
    store.before = () => undefined
    store.force('a', cancelled)
    await clock.advance(5_000)
    expect(context.signal.aborted).toBe(true)
    await setImmediate()
    expect(await running).toEqual([])
  })
})
