import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import type { BatchItem } from '../../../../lambdas/domain/batch/job-in-batch.ts'
import type { JobState } from '../../../../lambdas/domain/job/job-state.ts'
import { runBatch } from '../../../../lambdas/domain/run/run-batch.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { createBatch, LONGEST_RUN_MS } from '../../fakes/batch.ts'
import { createPlatform, itemOf, jobOf } from '../../fakes/platform.ts'

const BATCH = 10
const NEVER = new Promise<never>(() => undefined)

type Kind = 'quick' | 'slow' | 'poison' | 'slow-poison'

/** A message in the queue. */
interface Queued {
  readonly item: BatchItem
  receives: number
}

/** Sets up a queue, a table and functions that can crash. The id of a job begins with its kind. */
async function setUp(kinds: readonly Kind[]) {
  const platform = createPlatform()
  const jobs = kinds.map((kind, index) => jobOf(`${kind}/${index}`, kind))
  await platform.store.insert(jobs, 's@c')
  let messages: Queued[] = jobs.map((job) => ({ item: itemOf(job), receives: 0 }))
  let sent = 0
  const runs = new Map<string, number>()

  /** Puts the new messages into the queue. */
  function fetchSent(): void {
    for (const message of platform.queue.sent.splice(0)) {
      const name = `sent-${++sent}`
      messages.push({ item: { itemId: name, receiptHandle: name, message, receives: 0 }, receives: 0 })
    }
  }

  /** Runs one invocation. It ends at once, whatever else it does, when a poison runs in it. */
  async function invoke(batch: readonly Queued[]): Promise<'ended' | 'crashed'> {
    let dead = false
    let die!: () => void
    const crash = new Promise<'crashed'>((resolve) => {
      die = () => {
        dead = true
        resolve('crashed')
      }
    })
    const count = (id: string) => runs.set(id, (runs.get(id) ?? 0) + 1)
    const later = (ms: number, then: () => void) => platform.clock.after(ms, () => void (dead || then()))
    const after = (ms: number, then: () => unknown) =>
      defineTask({
        run: (_: unknown, { jobId }) => {
          if (!dead) count(jobId)
          return ms === 0 ? then() : new Promise((resolve) => later(ms, () => resolve(then())))
        },
      })
    const exit = () => {
      die()
      return NEVER
    }
    const tasks = {
      quick: after(0, () => 'ok'),
      slow: after(700, () => 'ok'),
      poison: after(0, exit),
      'slow-poison': after(400, exit),
    }
    for (const message of batch) message.receives++
    const isDead = () => dead
    const { store, queue, redelivery, slots } = platform
    const ports = {
      ...platform,
      store: mortal(store, isDead),
      queue: mortal(queue, isDead),
      redelivery: mortal(redelivery, isDead),
      slots: mortal(slots, isDead),
      tasks,
    }
    const run = runBatch(
      ports,
      batch.map(({ item, receives }) => ({ ...item, receives })),
      { deadline: platform.clock.now() + 60_000, longestRunMs: LONGEST_RUN_MS },
    ).then((again) => {
      messages = messages.filter((message) => !batch.includes(message) || again.includes(message.item.itemId))
      return 'ended' as const
    })
    const outcome = Promise.race([run, crash])
    await platform.clock.advance(60_000)
    fetchSent()
    return outcome
  }

  /** Delivers all messages, in the order that `shuffle` makes. Returns the number of crashes. */
  async function round(shuffle: (left: readonly Queued[]) => readonly Queued[]): Promise<number> {
    const left = shuffle(messages)
    let crashes = 0
    for (let at = 0; at < left.length; at += BATCH) {
      if ((await invoke(left.slice(at, at + BATCH))) === 'crashed') crashes++
    }
    return crashes
  }

  const isDone = () => messages.length === 0
  return { ...platform, jobs, runs, round, isDone, all: () => messages, invoke }
}

/** Wraps a port so that no call of a dead process takes effect. */
function mortal<Port extends object>(port: Port, isDead: () => boolean): Port {
  return new Proxy(port, {
    get(target, name) {
      const method = (target as Record<string | symbol, unknown>)[name]
      if (typeof method !== 'function') return method
      return (...input: unknown[]) => {
        if (isDead()) return NEVER
        return (method.apply(target, input) as Promise<unknown>).then((value) => (isDead() ? NEVER : value))
      }
    },
  })
}

const asTheyAre = <T>(left: T): T => left

describe('a job that crashes its worker', () => {
  it.each([
    ['at once', 'poison'],
    ['after it was recorded as running', 'slow-poison'],
  ] as const)('%s is failed as WORKER_CRASHED after three crashes, without a further run', async (_, kind) => {
    const { round, isDone, runs, store, pusher } = await setUp([kind])
    expect([await round(asTheyAre), await round(asTheyAre), await round(asTheyAre)]).toEqual([1, 1, 1])
    expect(await round(asTheyAre)).toBe(0)
    expect(isDone()).toBe(true)
    expect(runs.get(`${kind}/0`)).toBe(3)
    expect(store.state(`${kind}/0`)).toMatchObject({ status: 'failed', error: { code: 'WORKER_CRASHED' } })
    expect(pusher.updatesOf(`${kind}/0`).at(-1)).toMatchObject({ status: 'failed' })
    expect(JSON.stringify(pusher.pushes)).not.toContain('lostRuns')
  })

  it('costs the other jobs of its batch no more than one more run (I6)', async () => {
    const { round, isDone, store, jobs } = await setUp(['slow', 'quick', 'poison', 'slow', 'quick'])
    let crashes = 0
    for (let count = 0; count < 10 && !isDone(); count++) crashes += await round(asTheyAre)
    expect(crashes).toBe(3)
    expect(jobs.map(({ id }) => store.state(id)?.status)).toEqual([
      'success',
      'success',
      'failed',
      'success',
      'success',
    ])
  })

  it('is failed in any batch and order, and all other jobs succeed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom<Kind>('quick', 'slow', 'poison', 'slow-poison'), { minLength: 1, maxLength: 14 }),
        fc.infiniteStream(fc.nat()),
        async (kinds, chance) => {
          const { round, isDone, store, jobs, runs } = await setUp(kinds)
          const shuffle = <T>(left: readonly T[]): T[] =>
            left
              .map((item) => [chance.next().value, item] as const)
              .sort(([one], [other]) => one - other)
              .map(([, item]) => item)
          for (let count = 0; count < 40 && !isDone(); count++) await round(shuffle)
          expect(isDone()).toBe(true)
          const ended = ({ status, error }: JobState) => error?.code ?? status
          expect(jobs.map(({ id }) => ended(store.state(id)!))).toEqual(
            kinds.map((kind) => (kind.includes('poison') ? 'WORKER_CRASHED' : 'success')),
          )
          const poisons = jobs.filter(({ task }) => task.includes('poison'))
          expect(poisons.filter(({ id }) => (runs.get(id) ?? 0) > 5)).toEqual([])
        },
      ),
      { numRuns: 60 },
    )
  }, 60_000)
})

describe('receives without a run', () => {
  it('because of throttling, however many, count as no crash', async () => {
    const { invoke, all, store, jobs } = await setUp(Array.from({ length: 10 }, () => 'quick' as const))
    for (const message of all()) message.receives = 400
    store.calls.length = 0
    expect(await invoke(all())).toBe('ended')
    expect(jobs.map(({ id }) => store.state(id)?.status)).toEqual(jobs.map(() => 'success'))
    // All run in parallel; recording their starts takes one more call.
    expect(store.calls).toEqual(['load', 'writeMany', 'writeMany'])
  })

  it('do not make a first receive dearer: a short job is one read and one write', async () => {
    const { invoke, all, store } = await setUp(['quick'])
    store.calls.length = 0
    await invoke(all())
    expect(store.calls).toEqual(['load', 'write'])
  })
})

describe('a job that must run alone', () => {
  const lost = (receives: number, waits: number) => ({ run: 0, receives, waits })

  it('is sent again if this invocation has no time for it, and runs first once it has waited long enough', async () => {
    const order: string[] = []
    const task = (ms: number) =>
      defineTask({
        timeout: '40s',
        run: (_: unknown, { jobId }) => {
          order.push(jobId)
          return new Promise((resolve) => clock.after(ms, () => resolve(null)))
        },
      })
    const jobs = [jobOf('long', 'long'), jobOf('suspect', 'short')]
    const tasks = { long: task(30_000), short: task(10) }
    const { store, clock, queue, run } = await createBatch(tasks, jobs)
    store.force('suspect', { version: 2, status: 'running', attempts: 0, startedAt: 1 })
    const batch = (suspect: Partial<BatchItem>) => {
      const running = run([itemOf(jobs[0]!), itemOf(jobs[1]!, suspect)])
      return clock.advance(60_000).then(() => running)
    }
    expect(await batch({ receives: 2 })).toEqual([])
    expect(order).toEqual(['long'])
    expect(queue.sent).toMatchObject([{ id: 'suspect', origin: 'item-suspect', lost: lost(0, 1) }])
    const [copy] = queue.sent.splice(0)

    store.force('long', { version: 9, status: 'pending', attempts: 0 })
    store.force('suspect', { version: 3, status: 'running', attempts: 0, startedAt: clock.now() - 1 })
    const waited = { itemId: 'sent', message: { ...copy!, lost: lost(0, 8) } }
    expect(await batch(waited)).toEqual([])
    expect(order).toEqual(['long', 'suspect'])
    // The others go to another worker.
    expect(queue.sent).toMatchObject([{ id: 'long', origin: 'item-long' }])
    expect(queue.sent[0]).not.toHaveProperty('lost')
  })
})
