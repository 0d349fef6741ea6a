import { describe, expect, it } from '@jest/globals'
import { failDeadLetters } from '../../../../lambdas/domain/dead-letters/fail-dead-letters.ts'
import type { BatchItem } from '../../../../lambdas/domain/batch/job-in-batch.ts'
import { runBatch } from '../../../../lambdas/domain/run/run-batch.ts'
import type { QueueMessage } from '../../../../protocol/job/queue-message.ts'
import type { StandardSchema } from '../../../../protocol/job/standard-schema.ts'
import type { Task } from '../../../../protocol/job/task.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { createBatch, LONGEST_RUN_MS } from '../../fakes/batch.ts'
import { createPlatform, jobOf } from '../../fakes/platform.ts'

const MINUTE_MS = 60_000

/** Makes a task that fails `failures` times, and notes its attempts. */
function flaky(failures: number, policy: Partial<Task> = {}, thrown: object = new Error('not yet')) {
  const attempts: number[] = []
  const task = defineTask({
    ...policy,
    run: (_input: unknown, { attempt }) => {
      attempts.push(attempt)
      if (attempt <= failures) throw thrown
      return 'done'
    },
  })
  return { task, attempts }
}

async function setUp(task: Task, message: Partial<QueueMessage> = {}) {
  const platform = await createBatch({ flaky: task }, [jobOf('a', 'flaky')])
  const first = platform.items[0]!
  const item: BatchItem = { ...first, message: { ...first.message, ...message } }
  let latest: BatchItem = { ...item, receives: 0 }
  /** Delivers the latest message of the job: the first one, the one that took its place, or the same once more. */
  const receive = (more: Partial<BatchItem> = {}) => {
    const sent = platform.queue.sent.at(-1)
    const isNew = sent !== undefined && sent !== latest.message
    const name = `a-${platform.queue.sent.length + 1}`
    if (isNew) latest = { itemId: `item-${name}`, message: sent, receiptHandle: `receipt-${name}`, receives: 0 }
    latest = { ...latest, receives: latest.receives + 1 }
    return platform.run([{ ...latest, ...more }])
  }
  /** Returns the waits of the messages that took the place of others, in milliseconds. */
  const waits = () => platform.queue.sentLater(platform.clock.now()).map(({ delayMs }) => delayMs)
  return { ...platform, item, receive, waits, state: () => platform.store.state('a') }
}

describe('an attempt that fails', () => {
  it('is recorded and pushed, and a new message takes the place of its own after its backoff', async () => {
    const { receive, state, pusher, redelivery, queue, item, waits, clock } = await setUp(
      flaky(1, { attempts: 3 }).task,
    )
    expect(await receive()).toEqual([])
    const expected = { version: 2, status: 'pending', attempts: 1, error: { code: 'TASK_FAILED', message: 'not yet' } }
    expect(state()).toMatchObject({ ...expected, dueAt: clock.now() + 1_000 })
    expect(pusher.updatesOf('a')).toMatchObject([{ ...expected, dueAt: clock.now() + 1_000 }])
    expect(queue.sent).toEqual([{ ...item.message, origin: 'item-a' }])
    expect(waits()).toEqual([1_000])
    // Nothing waits in flight.
    expect(redelivery.calls).toEqual([])
  })

  it('is followed by the next, which gets its number, until one succeeds', async () => {
    const { task, attempts } = flaky(2, { attempts: 5 })
    const { receive, state, clock, queue } = await setUp(task)
    for (let count = 0; count < 3; count++) {
      expect(await receive()).toEqual([])
      await clock.advance(MINUTE_MS)
    }
    expect(attempts).toEqual([1, 2, 3])
    expect(queue.sent.map(({ origin }) => origin)).toEqual(['item-a', 'item-a'])
    // The second and the third run are claimed before they begin: one version more for each.
    expect(state()).toMatchObject({ version: 6, status: 'success', attempts: 2, output: 'done' })
    expect(state()).not.toHaveProperty('error')
    expect(state()).not.toHaveProperty('dueAt')
  })

  it('is final once the attempts are used up', async () => {
    const { receive, state, clock, queue } = await setUp(flaky(9, { attempts: 2 }).task)
    await receive()
    await clock.advance(MINUTE_MS)
    expect(await receive()).toEqual([])
    expect(state()).toMatchObject({ status: 'failed', attempts: 2, error: { code: 'TASK_FAILED', retryable: true } })
    expect(queue.sent).toHaveLength(1)
  })

  it('waits exponentially longer, up to the cap', async () => {
    const { receive, waits, clock } = await setUp(flaky(99, { attempts: 9, backoff: { cap: '10s' } }).task)
    const seen: number[] = []
    for (let attempt = 1; attempt < 7; attempt++) {
      await receive()
      seen.push(waits().at(-1)!)
      await clock.advance(MINUTE_MS)
    }
    expect(seen).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
  })

  it('waits for a random part of the backoff, from none to the whole', async () => {
    const platform = await setUp(flaky(99, { attempts: 9, backoff: { initial: '8s' } }).task)
    const tasks = { flaky: flaky(99, { attempts: 9, backoff: { initial: '8s' } }).task }
    const waits = [0, 0.25, 0.999].map(async (chance) => {
      const { store, queue, waits: waitsOfQueue, item, clock } = await setUp(tasks.flaky)
      const ports = { ...platform, store, queue, clock, tasks, random: () => chance }
      await runBatch(ports, [item], { deadline: clock.now() + MINUTE_MS, longestRunMs: LONGEST_RUN_MS })
      return waitsOfQueue()
    })
    expect(await Promise.all(waits)).toEqual([[0], [2_000], [7_992]])
  })

  it.each([
    ['that says it is final', { code: 'CARD_DECLINED', message: 'no', retryable: false }],
    ['of a task that has no attempts left from the start', undefined],
  ])('is final for an error %s', async (_, thrown) => {
    const { task } = thrown === undefined ? flaky(9) : flaky(9, { attempts: 5 }, thrown)
    const { receive, state, queue } = await setUp(task)
    expect(await receive()).toEqual([])
    expect(state()).toMatchObject({ status: 'failed', attempts: 1 })
    expect(queue.sent).toEqual([])
  })

  it("prefers the job's own policy to its task's", async () => {
    const message = { attempts: 2, backoffInitialMs: 40, backoffCapMs: 50, timeoutMs: 700 }
    const hanging = defineTask({ run: () => new Promise(() => undefined), attempts: 1, timeout: '20s' })
    const { receive, waits, clock, state } = await setUp(hanging, message)
    const running = receive()
    await clock.advance(700)
    expect(await running).toEqual([])
    expect(waits()).toEqual([40])
    expect(state()).toMatchObject({ status: 'pending', attempts: 1, error: { code: 'TASK_TIMEOUT' } })
  })

  it('is final if the next one would come after its record is gone', async () => {
    const backoff = { initial: '2d', cap: '20d' } as const
    const { receive, state } = await setUp(flaky(9, { attempts: 5, backoff }).task)
    expect(await receive()).toEqual([])
    expect(state()).toMatchObject({ status: 'failed', attempts: 1 })
  })

  it('does not wait for the other jobs to be put back, and shares the call with those that fail at the same time', async () => {
    const jobs = ['slow', 'b', 'c'].map((id) => jobOf(id, id === 'slow' ? 'slow' : 'bad'))
    const { task: bad } = flaky(9, { attempts: 5 })
    const slow = defineTask({ run: () => new Promise(() => undefined), timeout: '10s' })
    const { clock, queue, run } = await createBatch({ bad, slow }, jobs)
    const calls: string[][] = []
    const send = queue.send.bind(queue)
    queue.send = (messages, due) => {
      calls.push(messages.map(({ id }) => id))
      return send(messages, due)
    }
    const running = run()
    await clock.advance(100)
    expect(calls).toEqual([['b', 'c']])
    await clock.advance(10_000)
    expect(await running).toEqual([])
  })
})

describe('a message that comes before its job is due', () => {
  it('is put back until then, and nothing runs', async () => {
    const { task, attempts } = flaky(1, { attempts: 3, backoff: { initial: '60s' } })
    const { receive, clock, queue, waits, state } = await setUp(task)
    await receive()
    await clock.advance(20_000)
    expect(await receive()).toEqual([])
    expect(queue.sent[1]).toEqual(queue.sent[0])
    expect(waits()[1]).toBe(40_000)
    expect(attempts).toEqual([1])
    await clock.advance(40_000)
    expect(await receive()).toEqual([])
    expect(attempts).toEqual([1, 2])
    expect(state()).toMatchObject({ status: 'success', attempts: 1 })
  })

  it('by less than a second counts as due: queues count in whole seconds', async () => {
    const { task, attempts } = flaky(1, { attempts: 3 })
    const { receive, clock } = await setUp(task)
    await receive()
    await clock.advance(200)
    expect(await receive()).toEqual([])
    expect(attempts).toEqual([1, 2])
  })
})

describe('a message that comes again', () => {
  it('is looked up by a strongly consistent read, but the first time by an eventually consistent one', async () => {
    const { receive, store, clock } = await setUp(flaky(1, { attempts: 2 }).task)
    const reads: string[] = []
    const load = store.load.bind(store)
    store.load = (keys, consistency) => {
      reads.push(consistency)
      return load(keys, consistency)
    }
    await receive()
    await clock.advance(MINUTE_MS)
    await receive()
    expect(reads).toEqual(['eventual', 'strong'])
  })
})

describe('two messages of one job', () => {
  it('that run it side by side count one failed attempt, and the slower one waits like the other', async () => {
    const { task } = flaky(1, { attempts: 3 })
    const { receive, item, state, store, run, queue } = await setUp(task)
    // The second message reads the record before the failure of the first is stored.
    const seen = await store.load([item.message], 'strong')
    const load = store.load.bind(store)
    await receive()
    store.load = () => Promise.resolve(seen)
    expect(await run([{ ...item, receiptHandle: 'second' }])).toEqual([])
    store.load = load
    expect(state()).toMatchObject({ version: 2, status: 'pending', attempts: 1 })
    expect(queue.sent).toEqual([0, 1].map(() => ({ ...item.message, origin: 'item-a' })))
  })

  it('that both need a claim run it once: the one that claims it first', async () => {
    const { task, attempts } = flaky(1, { attempts: 3 })
    const { receive, item, state, store, run, queue, clock, redelivery } = await setUp(task)
    await receive()
    await clock.advance(MINUTE_MS)
    // The first message was not deleted, and the new one has come too.
    const [again, copy] = [
      { ...item, receives: 2 },
      { ...item, itemId: 'copy', receiptHandle: 'copy', message: queue.sent[0]! },
    ]
    const seen = await store.load([item.message], 'strong')
    const load = store.load.bind(store)
    store.load = () => Promise.resolve(seen)
    let finish!: () => void
    store.before = (call) => (call === 'write' && finish === undefined ? new Promise((r) => (finish = r)) : undefined)
    const first = run([again])
    await clock.advance(100)
    const second = run([copy])
    await clock.advance(100)
    store.load = load
    expect(await second).toEqual([])
    finish()
    await clock.advance(1_000)
    expect(await first).toEqual([])
    expect(attempts).toEqual([1, 2])
    expect(state()).toMatchObject({ status: 'success', attempts: 1 })
    expect(redelivery.calls).toEqual([])
  })
})

describe('a job that has not started in time', () => {
  it('fails as EXPIRED without a run', async () => {
    const { task, attempts } = flaky(0)
    const { receive, state, clock, pusher } = await setUp(task, { startBy: createPlatform().clock.now() + 5_000 })
    await clock.advance(5_001)
    expect(await receive()).toEqual([])
    expect(attempts).toEqual([])
    expect(state()).toMatchObject({ status: 'failed', attempts: 0, error: { code: 'EXPIRED' } })
    expect(pusher.updatesOf('a')).toHaveLength(1)
  })

  it('goes on with its attempts if an earlier one has started in time', async () => {
    const { task } = flaky(1, { attempts: 2 })
    const { receive, state, clock } = await setUp(task, { startBy: createPlatform().clock.now() + 5_000 })
    await receive()
    await clock.advance(MINUTE_MS)
    await receive()
    expect(state()).toMatchObject({ status: 'success' })
  })
})

describe('an output', () => {
  const schema = (validate: StandardSchema['~standard']['validate']): StandardSchema => ({
    '~standard': { version: 1, vendor: 'test', validate },
  })
  const issues = [{ message: 'must be a text', path: ['user', { key: 'name' }] }, { message: 'is odd' }]

  it.each([
    ['at once', schema(() => ({ issues }))],
    ['after a while', schema(() => Promise.resolve({ issues }))],
  ])('that the schema refuses %s fails the job for good', async (_, output) => {
    const { receive, state } = await setUp(defineTask({ run: () => 1, output, attempts: 5 }))
    expect(await receive()).toEqual([])
    const message = "The output does not match the task's schema. user.name: must be a text; is odd"
    expect(state()).toMatchObject({ error: { code: 'OUTPUT_INVALID', message, retryable: false } })
  })

  it('is the value that the schema returns', async () => {
    const output = schema((value) => ({ value: { wrapped: value } }))
    const { receive, state } = await setUp(defineTask({ run: () => 7, output }))
    await receive()
    expect(state()).toMatchObject({ status: 'success', output: { wrapped: 7 } })
  })

  it('times out if its check never ends', async () => {
    const output = schema(() => new Promise(() => undefined))
    const { receive, state, clock } = await setUp(defineTask({ run: () => 7, output, timeout: '3s' }))
    const running = receive()
    await clock.advance(3_000)
    await running
    expect(state()).toMatchObject({ status: 'failed', error: { code: 'TASK_TIMEOUT' } })
  })
})

describe('a dead letter', () => {
  it('of a job between two attempts fails it with the error of the latest attempt', async () => {
    const platform = await setUp(flaky(9, { attempts: 5 }).task)
    await platform.receive()
    expect(await failDeadLetters(platform, [{ ...platform.item, receives: 1_001 }])).toEqual([])
    expect(platform.state()).toMatchObject({ status: 'failed', attempts: 1, error: { message: 'not yet' } })
    expect(platform.pusher.updatesOf('a').map(({ status }) => status)).toEqual(['pending', 'failed'])
  })
})

describe('an error', () => {
  it('of the look-up lets the messages come again soon, not only after the hold', async () => {
    const { receive, store, redelivery } = await setUp(flaky(0).task)
    store.before = () => {
      throw new Error('ProvisionedThroughputExceededException')
    }
    expect(await receive()).toEqual(['item-a'])
    expect(redelivery.delays()).toEqual({ 'receipt-a': 4_000 })
  })

  it('of the store after a run lets the job run again, without counting an attempt', async () => {
    const { receive, store, redelivery, clock, state } = await setUp(flaky(0).task)
    store.before = (call) => {
      if (call === 'write') throw new Error('ProvisionedThroughputExceededException')
    }
    const running = receive()
    await clock.advance(MINUTE_MS)
    expect(await running).toEqual(['item-a'])
    expect(redelivery.delays()).toEqual({ 'receipt-a': 4_000 })
    store.before = () => undefined
    await clock.advance(MINUTE_MS)
    expect(await receive()).toEqual([])
    expect(state()).toMatchObject({ status: 'success', attempts: 0 })
  })
})
