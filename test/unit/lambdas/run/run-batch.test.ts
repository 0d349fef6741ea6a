import { describe, expect, it } from '@jest/globals'
import { setImmediate } from 'node:timers/promises'
import { MAX_ERROR_MESSAGE_LENGTH } from '../../../../protocol/kit/limits.ts'
import type { StandardSchema } from '../../../../protocol/job/standard-schema.ts'
import type { Task } from '../../../../protocol/job/task.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { createBatch, WATCHER } from '../../fakes/batch.ts'
import { jobOf } from '../../fakes/platform.ts'

const echo = defineTask({ run: (input: unknown) => input })

/** Makes a task that ends when the test calls `finish`. */
function held(): { task: Task; finish: (output: unknown) => void; signal: () => AbortSignal } {
  let finish!: (output: unknown) => void
  let seen: AbortSignal | undefined
  const output = new Promise((resolve) => {
    finish = resolve
  })
  const task = defineTask({
    run: (_input: unknown, { signal }) => {
      seen = signal
      return output
    },
  })
  return { task, finish, signal: () => seen! }
}

describe('a batch', () => {
  it('of ten short jobs takes one read and one write', async () => {
    const jobs = Array.from({ length: 10 }, (_, index) => jobOf(`j${index}`, 'echo', { input: index }))
    const { run, store, pusher } = await createBatch({ echo }, jobs)
    expect(await run()).toEqual([])
    expect(store.calls).toEqual(['load', 'writeMany'])
    for (const [index, { id }] of jobs.entries()) {
      expect(pusher.updatesOf(id)).toMatchObject([{ version: 2, status: 'success', output: index }])
    }
  })

  it('of one short job is written at once, without waiting for others', async () => {
    const { run, store, clock } = await createBatch({ echo }, [jobOf('a')])
    const before = clock.now()
    expect(await run()).toEqual([])
    expect(clock.now()).toBe(before)
    expect(store.calls).toEqual(['load', 'write'])
  })

  it('with two messages of one job runs it once, and acknowledges both', async () => {
    let runs = 0
    const count = defineTask({ run: () => ++runs })
    const { run, items, pusher } = await createBatch({ count }, [jobOf('a', 'count')])
    expect(await run([...items, { ...items[0]!, itemId: 'second' }])).toEqual([])
    expect(runs).toBe(1)
    expect(pusher.updatesOf('a')).toHaveLength(1)
  })
})

describe('a slow job (I6)', () => {
  it('does not hold back the finish and the push of the others', async () => {
    const slow = held()
    const { run, store, pusher, clock } = await createBatch({ echo, slow: slow.task }, [
      jobOf('quick-1'),
      jobOf('slow', 'slow'),
      jobOf('quick-2'),
    ])
    const running = run()
    await clock.advance(10)
    expect(pusher.updatesOf('quick-1')).toMatchObject([{ status: 'success' }])
    expect(pusher.updatesOf('quick-2')).toMatchObject([{ status: 'success' }])
    expect(store.calls).toEqual(['load', 'writeMany'])
    slow.finish('late')
    expect(await running).toEqual([])
    expect(pusher.updatesOf('slow')).toMatchObject([{ version: 2, status: 'success', output: 'late' }])
  })

  it('shows as running after 250 ms, with its start', async () => {
    const slow = held()
    const { run, store, pusher, clock } = await createBatch({ slow: slow.task }, [jobOf('slow', 'slow')])
    const startedAt = clock.now()
    const running = run()
    await clock.advance(249)
    expect(store.state('slow')).toMatchObject({ status: 'pending' })
    await clock.advance(1)
    expect(pusher.updatesOf('slow')).toMatchObject([{ version: 2, status: 'running', startedAt }])
    slow.finish(null)
    await running
    expect(store.history.get('slow')).toMatchObject([
      { version: 1, status: 'pending' },
      { version: 2, status: 'running' },
      { version: 3, status: 'success', startedAt },
    ])
  })

  it('that ends while "running" is being stored keeps its versions in order', async () => {
    const slow = held()
    const { run, store, clock } = await createBatch({ slow: slow.task }, [jobOf('slow', 'slow')])
    const running = run()
    await clock.advance(0)
    let release!: () => void
    store.before = () => new Promise((resolve) => (release = resolve))
    await clock.advance(250)
    store.before = () => undefined
    slow.finish('done')
    await setImmediate()
    release()
    expect(await running).toEqual([])
    expect(store.history.get('slow')?.map(({ version, status }) => `${version} ${status}`)).toEqual([
      '1 pending',
      '2 running',
      '3 success',
    ])
  })

  it('fails at its timeout, and its signal aborts', async () => {
    const slow = held()
    const { run, store, clock } = await createBatch({ slow: { ...slow.task, timeout: '2s' } }, [jobOf('slow', 'slow')])
    const running = run()
    await clock.advance(2_000)
    expect(await running).toEqual([])
    expect(slow.signal().aborted).toBe(true)
    expect(store.state('slow')).toMatchObject({ status: 'failed', error: { code: 'TASK_TIMEOUT', retryable: true } })
    slow.finish('too late')
    await setImmediate()
    expect(store.state('slow')).toMatchObject({ status: 'failed' })
  })

  it("ends at the function's deadline, so that there is time to store it", async () => {
    const slow = held()
    const { run, store, clock } = await createBatch({ slow: { ...slow.task, timeout: '1h' } }, [jobOf('slow', 'slow')])
    const running = run()
    await clock.advance(60_000)
    expect(await running).toEqual([])
    const message =
      'The task ran for longer than the 60000 ms that its worker had left, less than its timeout of 3600000 ms.'
    expect(store.state('slow')).toMatchObject({ error: { code: 'TASK_TIMEOUT', message } })
  })
})

describe('a task that fails', () => {
  it.each([
    ['an error with a code', { code: 'NO_PAPER', message: 'Load tray 2.' }, 'NO_PAPER', 'Load tray 2.'],
    ['an error with a strange code', { code: 'a b', message: 'm' }, 'TASK_FAILED', 'm'],
    ['a number as code', { code: 7, message: 'm' }, 'TASK_FAILED', 'm'],
    ['a string', 'just text', 'TASK_FAILED', 'just text'],
    ['nothing', undefined, 'TASK_FAILED', 'The task threw an error.'],
    ['a message cut in the middle of a character', { message: 'x\uD83D' }, 'TASK_FAILED', 'x\uFFFD'],
    ['an endless message', { message: 'x'.repeat(9_000) }, 'TASK_FAILED', `${'x'.repeat(1_999)}…`],
  ])('by throwing %s', async (_, thrown, code, message) => {
    const bad = defineTask({
      run: () => {
        throw thrown
      },
    })
    const { run, pusher } = await createBatch({ bad }, [jobOf('a', 'bad')])
    expect(await run()).toEqual([])
    expect(pusher.updatesOf('a')).toMatchObject([{ status: 'failed', attempts: 1, error: { code, message } }])
  })

  it.each([
    ['a BigInt', () => 1n, 'OUTPUT_NOT_JSON'],
    ['a function', () => () => 1, 'OUTPUT_NOT_JSON'],
    ['a circle', circle, 'OUTPUT_NOT_JSON'],
    ['an object that is too deep', () => JSON.parse(`${'['.repeat(501)}${']'.repeat(501)}`), 'OUTPUT_NOT_JSON'],
    ['a Map', () => new Map([[1, 2]]), 'OUTPUT_NOT_JSON'],
    ['an Error in a list', () => ({ done: [new Error('no')] }), 'OUTPUT_NOT_JSON'],
    ['a promise that it did not await', () => ({ later: Promise.resolve(1) }), 'OUTPUT_NOT_JSON'],
    ['too much', () => 'ä'.repeat(3_000_000), 'OUTPUT_TOO_LARGE'],
  ])('by returning %s', async (_, make, code) => {
    const { run, store } = await createBatch({ bad: defineTask({ run: make }) }, [jobOf('a', 'bad')])
    await run()
    expect(store.state('a')).toMatchObject({ status: 'failed', error: { code, retryable: false } })
  })

  it('by returning a Set says where the Set is; a value that JSON can write is an output', async () => {
    class Point {
      x = 1
      toString = () => 'a point'
    }
    const tasks = {
      bad: defineTask({ run: () => ({ ids: new Set([1]) }) }),
      good: defineTask({
        run: () => [{}, Object.create(null), new Point(), new Date(0), new Number(5), new URL('a:b'), NaN, undefined],
      }),
    }
    const { run, store } = await createBatch(tasks, [jobOf('a', 'bad'), jobOf('b', 'good')])
    await run()
    const message = 'The output cannot be written as JSON. "ids" is a Set, which JSON writes as {}: return plain data.'
    expect(store.state('a')).toMatchObject({ status: 'failed', error: { message } })
    const written = [{}, {}, { x: 1 }, '1970-01-01T00:00:00.000Z', 5, 'a:b', null, null]
    expect(store.state('b')).toMatchObject({ status: 'success', output: written })
  })

  it('by returning half a character gets U+FFFD in its place, in the output and in the message of a schema', async () => {
    const refusing: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => ({ issues: [{ message: `Not ${'x'.repeat(5_000)}` }, { message: 'a \uD83D' }] }),
      },
    }
    const tasks = {
      cut: defineTask({ run: () => ({ title: 'x\uD83D', 'a\uDE00': '😀' }) }),
      bad: defineTask({ output: refusing, run: () => 1 }),
    }
    const { run, store } = await createBatch(tasks, [jobOf('a', 'cut'), jobOf('b', 'bad')])
    await run()
    expect(store.state('a')).toMatchObject({ status: 'success', output: { title: 'x\uFFFD', 'a\uFFFD': '😀' } })
    expect(store.state('b')).toMatchObject({ status: 'failed', error: { code: 'OUTPUT_INVALID' } })
    expect(store.state('b')?.error?.message).toHaveLength(MAX_ERROR_MESSAGE_LENGTH)
    expect(store.state('b')?.error?.message).not.toMatch(/\p{Cs}/u)
  })

  it('has its stack in the log, and nowhere else', async () => {
    const bad = defineTask({
      run: () => {
        throw new Error('inside')
      },
    })
    const { run, pusher, logged } = await createBatch({ bad }, [jobOf('a', 'bad')])
    await run()
    expect(JSON.stringify(pusher.pushes)).not.toContain('run-batch.test')
    expect(logged).toEqual([['warn', expect.any(String), expect.objectContaining({ jobId: 'a' })]])
    expect(String(logged[0]?.[2]?.['stack'])).toContain('run-batch.test')
  })

  it('because it is unknown by now fails only its own job', async () => {
    const { run, store } = await createBatch({ echo }, [jobOf('a', 'gone'), jobOf('b'), jobOf('c', 'toString')])
    expect(await run()).toEqual([])
    expect(store.state('a')).toMatchObject({ status: 'failed', error: { code: 'UNKNOWN_TASK', retryable: false } })
    expect(store.state('b')).toMatchObject({ status: 'success', output: null })
    expect(store.state('c')).toMatchObject({ error: { code: 'UNKNOWN_TASK' } })
  })

  it('by changing its output afterwards changes neither the stored nor the pushed one', async () => {
    const shared = { n: 1 }
    const share = defineTask({ run: () => shared })
    const slow = held()
    const { run, store, pusher, clock } = await createBatch({ share, slow: slow.task }, [
      jobOf('a', 'share'),
      jobOf('b', 'slow'),
    ])
    const running = run()
    await clock.advance(1)
    shared.n = 2
    slow.finish(null)
    await running
    expect(store.state('a')).toMatchObject({ output: { n: 1 } })
    expect(pusher.updatesOf('a')).toMatchObject([{ output: { n: 1 } }])
  })

  it('is not one that returns undefined: its output is null', async () => {
    const { run, store } = await createBatch({ quiet: defineTask({ run: () => undefined }) }, [jobOf('a', 'quiet')])
    await run()
    expect(store.state('a')).toMatchObject({ status: 'success', output: null })
  })
})

function circle(): unknown {
  const value: Record<string, unknown> = {}
  value['self'] = value
  return value
}

describe('a job that has ended already', () => {
  it('is pushed once more and does not run: the crash came between store and push', async () => {
    let runs = 0
    const count = defineTask({ run: () => ++runs })
    const { run, items, store, pusher } = await createBatch({ count }, [jobOf('a', 'count')])
    store.force('a', { version: 2, status: 'success', attempts: 0, output: 'first', finishedAt: 1 })
    expect(await run(items.map((item) => ({ ...item, receives: 2 })))).toEqual([])
    expect(runs).toBe(0)
    expect(pusher.updatesOf('a')).toMatchObject([{ version: 2, output: 'first' }])
    expect(store.calls).toEqual(['load'])
  })

  it('is not pushed when its message comes for the first time: whoever ended it has pushed that', async () => {
    const { run, store, pusher } = await createBatch({ echo }, [jobOf('a')])
    store.force('a', { version: 2, status: 'cancelled', attempts: 0, finishedAt: 1 })
    expect(await run()).toEqual([])
    expect(pusher.pushes).toEqual([])
  })

  it('by another run in the meantime keeps its result, which is pushed once more, as that run may have died before (I2, I3)', async () => {
    const slow = held()
    const { run, store, pusher, clock } = await createBatch({ slow: slow.task }, [jobOf('a', 'slow')])
    const running = run()
    await clock.advance(1)
    store.force('a', { version: 5, status: 'success', attempts: 0, output: 'theirs', finishedAt: 1 })
    slow.finish('ours')
    expect(await running).toEqual([])
    expect(store.state('a')).toMatchObject({ version: 5, output: 'theirs' })
    expect(pusher.updatesOf('a')).toMatchObject([{ version: 5, output: 'theirs' }])
  })

  it('and was deleted while it ran leaves the next life of its id alone', async () => {
    const slow = held()
    const { run, store, pusher, clock } = await createBatch({ slow: slow.task }, [jobOf('a', 'slow')])
    const running = run()
    await clock.advance(1)
    store.forget('a')
    await store.insert([jobOf('a', 'slow', { createdAt: 5 })], WATCHER)
    store.force('a', { version: 2, status: 'running', attempts: 0, startedAt: 6 })
    slow.finish('of the first life')
    expect(await running).toEqual([])
    expect(store.state('a')).toMatchObject({ status: 'running', startedAt: 6 })
    expect(pusher.updatesOf('a')).toEqual([])
  })

  it('or has expired while it waited is failed, and its watchers are told', async () => {
    const { run, clock, store, pusher } = await createBatch({ echo }, [jobOf('late'), jobOf('ended')])
    store.force('ended', { version: 2, status: 'success', attempts: 0, output: 1 })
    await clock.advance(jobOf('late').expiresAt - clock.now())
    expect(await run()).toEqual([])
    expect(store.state('late')).toMatchObject({ status: 'failed', error: { code: 'EXPIRED' } })
    expect(pusher.updatesOf('late')).toMatchObject([{ status: 'failed', error: { code: 'EXPIRED' } }])
    // An expired job is shown to nobody (I8).
    expect(pusher.updatesOf('ended')).toEqual([])
  })

  it('or is gone is dropped', async () => {
    const { run, items, store, pusher } = await createBatch({ echo }, [jobOf('gone'), jobOf('other-life')])
    store.forget('gone')
    const message = { ...items[1]!.message, createdAt: 1 }
    expect(await run([items[0]!, { ...items[1]!, itemId: 'x', message }])).toEqual([])
    expect(pusher.pushes).toEqual([])
    expect(store.state('other-life')).toMatchObject({ status: 'pending' })
  })

  it('is not confused with one that an eventually consistent read does not see yet (I1)', async () => {
    const { run, store } = await createBatch({ echo }, [jobOf('fresh'), jobOf('b')])
    store.unseen.add('fresh')
    expect(await run()).toEqual([])
    expect(store.calls).toEqual(['load', 'load', 'writeMany'])
    expect(store.state('fresh')).toMatchObject({ status: 'success' })
  })
})

describe('a subscribe that races with the finish (I3)', () => {
  it('gets the push, and costs its job one more call', async () => {
    const { run, store, pusher, clock } = await createBatch({ echo }, [jobOf('a'), jobOf('b')])
    store.before = async (call) => {
      if (call !== 'writeMany') return
      store.before = () => undefined
      await store.watch(jobOf('a'), 'late@2', clock.now() + 60_000)
    }
    expect(await run()).toEqual([])
    expect(store.calls).toEqual(['load', 'writeMany', 'watch', 'write'])
    expect(new Set(pusher.watchersOf('a'))).toEqual(new Set([WATCHER, 'late@2']))
    expect(pusher.watchersOf('b')).toEqual([WATCHER])
  })
})

describe('when AWS fails', () => {
  it('the write of one job does not hold back the push of the others', async () => {
    const { run, store, pusher, clock } = await createBatch({ echo }, [jobOf('a'), jobOf('b'), jobOf('c')])
    let release!: () => void
    store.before = async (call) => {
      if (call === 'writeMany') await store.watch(jobOf('b'), 'late@2', clock.now() + 60_000)
      if (call === 'write') await new Promise<void>((resolve) => (release = resolve))
    }
    const running = run()
    await clock.advance(10)
    expect(pusher.pushes.map(({ update }) => update.id)).toEqual(['a', 'c'])
    release()
    expect(await running).toEqual([])
    expect(pusher.updatesOf('b')).toHaveLength(1)
  })

  it('and an answer is lost after the write, the result is pushed and not written twice', async () => {
    const { run, store, pusher, clock } = await createBatch({ echo }, [jobOf('a')])
    store.after = (call) => {
      if (call !== 'write') return
      store.after = () => undefined
      throw new Error('socket hang up')
    }
    const running = run()
    await clock.advance(60_000)
    expect(await running).toEqual([])
    expect(store.history.get('a')).toHaveLength(2)
    expect(pusher.updatesOf('a')).toMatchObject([{ version: 2, status: 'success' }])
  })

  it('a job whose finish cannot be stored runs again, alone', async () => {
    const { run, store, pusher, clock } = await createBatch({ echo }, [jobOf('a'), jobOf('b'), jobOf('c')])
    const failing = store.write.bind(store)
    store.write = (change) => (change.job.id === 'b' ? Promise.reject(new Error('throttled')) : failing(change))
    store.writeMany = () => Promise.reject(new Error('throttled'))
    const running = run()
    await clock.advance(60_000)
    expect(await running).toEqual(['item-b'])
    expect(pusher.updatesOf('a')).toMatchObject([{ status: 'success' }])
    expect(pusher.updatesOf('b')).toEqual([])
    expect(pusher.updatesOf('c')).toMatchObject([{ status: 'success' }])
  })

  it('a batch that cannot be looked up comes again as a whole', async () => {
    const { run, store } = await createBatch({ echo }, [jobOf('a'), jobOf('b')])
    store.before = () => {
      throw new Error('no DynamoDB')
    }
    expect(await run()).toEqual(['item-a', 'item-b'])
  })

  it('the invocation ends only after the push was tried', async () => {
    const { run, pusher } = await createBatch({ echo }, [jobOf('a')])
    let release!: () => void
    pusher.hold = new Promise((resolve) => (release = resolve))
    let ended = false
    const running = run().then(() => (ended = true))
    await setImmediate()
    expect(pusher.updatesOf('a')).toHaveLength(1)
    expect(ended).toBe(false)
    release()
    await running
    expect(ended).toBe(true)
  })

  it('a "running" that cannot be stored does not harm the result', async () => {
    const slow = held()
    const { run, store, clock } = await createBatch({ slow: slow.task }, [jobOf('a', 'slow')])
    const running = run()
    await clock.advance(0)
    store.before = () => {
      throw new Error('throttled')
    }
    await clock.advance(29_000)
    store.before = () => undefined
    slow.finish('done')
    expect(await running).toEqual([])
    expect(store.state('a')).toMatchObject({ version: 2, status: 'success', output: 'done' })
  })
})
