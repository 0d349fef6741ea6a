import { describe, expect, it } from '@jest/globals'
import type { BatchItem } from '../../../../lambdas/domain/batch/job-in-batch.ts'
import type { NewJob } from '../../../../lambdas/domain/job/stored-job.ts'
import { runBatch } from '../../../../lambdas/domain/run/run-batch.ts'
import { checkConcurrency, type ConcurrencyLimit } from '../../../../protocol/kit/policy.ts'
import type { Task } from '../../../../protocol/job/task.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { LONGEST_RUN_MS } from '../../fakes/batch.ts'
import { createPlatform, itemOf, jobOf } from '../../fakes/platform.ts'

const INVOCATION_MS = 60_000
const LIMIT_2 = { limit: 2 } as const

/** Makes a task with slow runs that counts how many of them are under way. */
function counted(concurrency: ConcurrencyLimit, { lastsMs = 100, timeout = '10s' as const } = {}) {
  const platform = createPlatform()
  const seen = { now: 0, most: 0, runs: [] as string[], most_of: {} as Record<string, number> }
  const byGroup = new Map<string, number>()
  const groups = new Map<string, string>()
  const task: Task = defineTask({
    concurrency,
    timeout,
    run: async (_input: unknown, { jobId }) => {
      const group = groups.get(jobId) ?? ''
      seen.runs.push(jobId)
      seen.most = Math.max(seen.most, ++seen.now)
      byGroup.set(group, (byGroup.get(group) ?? 0) + 1)
      seen.most_of[group] = Math.max(seen.most_of[group] ?? 0, byGroup.get(group)!)
      await new Promise<void>((resolve) => platform.clock.after(lastsMs, resolve))
      byGroup.set(group, byGroup.get(group)! - 1)
      seen.now--
    },
  })
  const other = defineTask({ run: () => 'free' })
  const insert = async (jobs: readonly Partial<NewJob>[], more: Partial<BatchItem['message']> = {}) => {
    const createdAt = platform.clock.now()
    const made = jobs.map((job) =>
      jobOf(job.id!, 'limited', { createdAt, expiresAt: createdAt + 30 * 86_400_000, ...job }),
    )
    await platform.store.insert(made, 's@c')
    for (const { id, policy } of made) if (policy?.group !== undefined) groups.set(id, policy.group)
    return made.map((job) => {
      const item = itemOf(job)
      return { ...item, message: { ...item.message, ...job.policy, ...more } }
    })
  }
  const run = (items: readonly BatchItem[]) =>
    runBatch({ ...platform, tasks: { limited: task, other } }, items, {
      deadline: platform.clock.now() + INVOCATION_MS,
      longestRunMs: LONGEST_RUN_MS,
    })
  return { ...platform, seen, insert, run, status: (id: string) => platform.store.state(id)?.status }
}

const ids = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `j${index}` }))

/** Moves the clock in small steps until a batch is done, so that every timer rings. */
async function toEnd<Result>(clock: { advance(ms: number): Promise<void> }, batch: Promise<Result>): Promise<Result> {
  const seen = { ended: false }
  const watched = batch.finally(() => {
    seen.ended = true
  })
  for (let steps = 0; !seen.ended && steps < 2_000; steps++) await clock.advance(10)
  return watched
}

describe('a task with a limit', () => {
  it('never has more runs under way, and its slots pass from job to job without a call', async () => {
    const { insert, run, seen, slots, clock, status, redelivery } = counted(LIMIT_2)
    const items = await insert(ids(10))
    expect(await toEnd(clock, run(items))).toEqual([])
    expect(seen).toMatchObject({ most: 2, now: 0 })
    expect(items.map(({ message }) => status(message.id))).toEqual(Array(10).fill('success'))
    expect(slots.calls).toEqual(['take limited 10', 'release limited 2'])
    expect(redelivery.calls).toEqual([])
  })

  it('takes no slot for tasks without a limit, and their jobs do not wait', async () => {
    const { insert, run, slots, clock, status } = counted({})
    expect(await toEnd(clock, run(await insert(ids(3))))).toEqual([])
    expect(slots.calls).toEqual([])

    const full = counted({ limit: 1 })
    await full.slots.take({ namespace: 'acme', task: 'limited', limit: 1 }, 1, Number.MAX_SAFE_INTEGER)
    const items = await full.insert([{ id: 'held' }, { id: 'free', task: 'other' }])
    expect(await toEnd(full.clock, full.run(items))).toEqual([])
    expect(full.queue.sent).toMatchObject([{ id: 'held', origin: 'item-held' }])
    expect([full.status('held'), full.status('free')]).toEqual(['pending', 'success'])
    expect(status('j0')).toBe('success')
  })

  it('counts what other workers run', async () => {
    const { insert, run, seen, slots, clock, status } = counted({ limit: 3 })
    await slots.take({ namespace: 'acme', task: 'limited', limit: 3 }, 2, clock.now() + INVOCATION_MS)
    expect(await toEnd(clock, run(await insert(ids(3))))).toEqual([])
    expect(seen.most).toBe(1)
    expect(status('j2')).toBe('success')
  })

  it('has its own slots in each namespace', async () => {
    const { insert, run, slots, clock } = counted({ limit: 1 })
    const items = await insert([{ id: 'a' }, { id: 'b', namespace: 'other' }])
    await toEnd(clock, run(items))
    expect(slots.calls.filter((call) => call.startsWith('take'))).toHaveLength(2)
  })

  it('holds a slot until the outcome is stored', async () => {
    const { insert, run, slots, clock, store } = counted({ limit: 1 })
    let letGo!: () => void
    const stored = new Promise<void>((resolve) => {
      letGo = resolve
    })
    store.before = (call) => (call === 'write' ? stored : undefined)
    const running = run(await insert(ids(1)))
    await clock.advance(500)
    expect(slots.held('limited')).toHaveLength(1)
    letGo()
    await toEnd(clock, running)
    expect(slots.held('limited')).toEqual([])
  })

  it('releases the slots of runs that time out, and of those whose outcome cannot be stored', async () => {
    const late = counted(LIMIT_2, { lastsMs: 20_000 })
    expect(await toEnd(late.clock, late.run(await late.insert(ids(2))))).toEqual([])
    expect(late.status('j0')).toBe('failed')
    expect(late.slots.held('limited')).toEqual([])

    const { insert, run, slots, clock, store } = counted(LIMIT_2)
    store.before = (call) => {
      if (call === 'writeMany' || call === 'write') throw new Error('ProvisionedThroughputExceededException')
    }
    expect((await toEnd(clock, run(await insert(ids(2))))).sort()).toEqual(['item-j0', 'item-j1'])
    expect(slots.held('limited')).toEqual([])
  })

  it('has slots that are free again soon after the longest possible run has ended', async () => {
    const { insert, run, slots, clock } = counted({ limit: 1 }, { lastsMs: 9_000 })
    const begunAt = clock.now()
    const running = run(await insert(ids(1)))
    await clock.advance(100)
    const [until] = slots.held('limited')
    expect(until! - begunAt).toBeGreaterThan(10_000)
    expect(until! - begunAt).toBeLessThan(20_000)
    await toEnd(clock, running)
  })

  it.each([[0], [1.5], [-1], ['x'], [Number.NaN], [1_001], [null]])(
    'of %p is refused when the task is defined',
    (limit) => {
      const concurrency = { limit } as ConcurrencyLimit
      expect(() => defineTask({ run: () => null, concurrency })).toThrow(/^"concurrency.limit" is /)
      expect(() => checkConcurrency({ perGroup: limit as number })).toThrow(/^"concurrency.perGroup" is /)
    },
  )

  it('of another name is refused, too, and every number up to 1,000 is accepted', () => {
    expect(() => checkConcurrency({ perGruop: 1 } as ConcurrencyLimit)).toThrow('"concurrency" has no field "perGruop"')
    expect(() => checkConcurrency({ limit: 1_000, perGroup: 1 })).not.toThrow()
  })

  it('that was defined without this check runs one job at a time', async () => {
    const { insert, run, seen, clock } = counted(LIMIT_2)
    const broken = counted({})
    const task = { run: () => broken.seen.runs.push('x'), concurrency: { limit: 'x' } } as unknown as Task
    const items = await broken.insert(ids(3))
    await toEnd(
      broken.clock,
      runBatch({ ...broken, tasks: { limited: task } }, items, {
        deadline: broken.clock.now() + INVOCATION_MS,
        longestRunMs: LONGEST_RUN_MS,
      }),
    )
    expect(broken.slots.calls[0]).toBe('take limited 3')
    expect(broken.slots.calls.at(-1)).toBe('release limited 1')
    await toEnd(clock, run(await insert(ids(1))))
    expect(seen.runs).toEqual(['j0'])
  })
})

describe('a limit for each group', () => {
  const grouped = (names: readonly string[]) => names.map((group, index) => ({ id: `j${index}`, policy: { group } }))

  it('lets groups run side by side, and the jobs of each in turn', async () => {
    const { insert, run, seen, slots, clock } = counted({ perGroup: 1 })
    await toEnd(clock, run(await insert(grouped(['x', 'y', 'x', 'y', 'x', 'y']))))
    expect(seen).toMatchObject({ most: 2, most_of: { x: 1, y: 1 } })
    expect(slots.calls.slice(0, 2)).toEqual(['take limited/x 3', 'take limited/y 3'])
    expect(slots.held('limited/x')).toEqual([])
  })

  it('does not limit jobs without a group', async () => {
    const { insert, run, seen, slots, clock } = counted({ perGroup: 1 })
    await toEnd(clock, run(await insert(ids(5))))
    expect(seen.most).toBe(5)
    expect(slots.calls).toEqual([])
  })

  it('next to a limit for all takes no slot of the task that it cannot use', async () => {
    const { insert, run, seen, slots, clock } = counted({ limit: 3, perGroup: 1 })
    const items = [...(await insert(grouped(['x', 'x', 'x', 'y']))), ...(await insert([{ id: 'alone' }]))]
    await toEnd(clock, run(items))
    expect(slots.calls.slice(0, 3)).toEqual(['take limited/x 3', 'take limited/y 1', 'take limited 3'])
    expect(seen).toMatchObject({ most: 3, most_of: { x: 1, y: 1, '': 1 } })
    expect([slots.held('limited'), slots.held('limited/x'), slots.held('limited/y')]).toEqual([[], [], []])
  })

  it("releases a group's slot at once if all slots of the task are taken", async () => {
    const { insert, run, slots, clock } = counted({ limit: 1, perGroup: 1 })
    await slots.take({ namespace: 'acme', task: 'limited', limit: 1 }, 1, Number.MAX_SAFE_INTEGER)
    expect(await toEnd(clock, run(await insert(grouped(['x']))))).toEqual([])
    expect(slots.calls.slice(1)).toEqual(['take limited/x 1', 'take limited 1', 'release limited/x 1'])
  })
})

describe('a job without a slot', () => {
  async function full(lastsMs = 100) {
    const set = counted({ limit: 1 }, { lastsMs })
    await set.slots.take({ namespace: 'acme', task: 'limited', limit: 1 }, 1, Number.MAX_SAFE_INTEGER)
    return set
  }

  it('gets a new message, with nothing written and no attempt counted', async () => {
    const { insert, run, store, clock, queue, redelivery, pusher, seen } = await full()
    const items = await insert(ids(2))
    store.calls.length = 0
    const begunAt = clock.now()
    expect(await toEnd(clock, run(items))).toEqual([])
    expect(store.calls).toEqual(['load'])
    expect(store.state('j0')).toEqual({ version: 1, status: 'pending', attempts: 0 })
    expect(pusher.pushes).toEqual([])
    expect(queue.sentLater(begunAt)).toEqual(
      items.map(({ message, itemId }) => ({ message: { ...message, origin: itemId }, delayMs: 1_000 })),
    )
    expect(redelivery.calls).toEqual([])
    expect(seen.runs).toEqual([])
  })

  it('waits longer the longer it has waited, with jitter, up to five minutes', async () => {
    const set = await full()
    const [item] = await set.insert(ids(1))
    const waits: number[] = []
    for (const passMs of [0, 10_000, 90_000, 3_600_000]) {
      await set.clock.advance(passMs)
      const begunAt = set.clock.now()
      await toEnd(set.clock, set.run([item!]))
      waits.push(set.queue.sentLater(begunAt).at(-1)!.delayMs)
    }
    expect(waits[0]).toBe(1_000)
    expect(waits[1]).toBeCloseTo(2_000, -2)
    expect(waits[2]).toBeCloseTo(20_000, -3)
    expect(waits[3]).toBe(300_000)
    const half = {
      ...set,
      random: () => 0,
      tasks: { limited: defineTask({ run: () => 1, concurrency: { limit: 1 } }) },
    }
    const begunAt = set.clock.now()
    await toEnd(set.clock, runBatch(half, [item!], { deadline: begunAt + INVOCATION_MS, longestRunMs: LONGEST_RUN_MS }))
    expect(set.queue.sentLater(begunAt).at(-1)!.delayMs).toBe(150_000)
  })

  it('is put back while another job of the batch runs for long', async () => {
    const { insert, run, clock, queue, status } = counted({ limit: 1 }, { lastsMs: 9_000 })
    const running = run(await insert(ids(2)))
    await clock.advance(1_900)
    expect(queue.sent).toEqual([])
    await clock.advance(300)
    expect(queue.sent).toMatchObject([{ id: 'j1', origin: 'item-j1' }])
    expect(await toEnd(clock, running)).toEqual([])
    expect([status('j0'), status('j1')]).toEqual(['success', 'pending'])
  })

  it('runs in the end, however often it came, and is not suspected of a crash', async () => {
    const { insert, run, clock, slots, store, queue } = counted({ limit: 1 })
    const [taken] = await slots.take({ namespace: 'acme', task: 'limited', limit: 1 }, 1, Number.MAX_SAFE_INTEGER)
    const [item] = await insert(ids(1))
    let latest = item!
    for (let looks = 1; looks <= 40; looks++) {
      await clock.advance(60_000)
      expect(await toEnd(clock, run([latest]))).toEqual([])
      // A message that was throttled on its way, too.
      latest = { ...item!, itemId: `look-${looks}`, message: queue.sent.at(-1)!, receives: looks % 3 }
      expect(latest.message.origin).toBe('item-j0')
    }
    await slots.release({ namespace: 'acme', task: 'limited', limit: 1 }, [taken!])
    expect(await toEnd(clock, run([latest]))).toEqual([])
    expect(store.state('j0')).toMatchObject({ status: 'success', attempts: 0 })
  })

  it('fails as EXPIRED when its time to start is over, and is looked at no later than that', async () => {
    const { insert, run, clock, store, queue } = await full()
    const startBy = clock.now() + 100_700
    const [item] = await insert(ids(1), { startBy })
    await clock.advance(100_000)
    await toEnd(clock, run([item!]))
    expect(queue.due.get('j0')).toBe(startBy + 1)
    await clock.advance(1_000)
    expect(await toEnd(clock, run([{ ...item!, itemId: 'sent', message: queue.sent[0]! }]))).toEqual([])
    expect(store.state('j0')).toMatchObject({ status: 'failed', attempts: 0, error: { code: 'EXPIRED' } })
  })

  it('that was cancelled meanwhile is acknowledged and takes no slot', async () => {
    const { insert, run, clock, store, slots } = await full()
    const [item] = await insert(ids(1))
    await toEnd(clock, run([item!]))
    store.force('j0', { version: 2, status: 'cancelled', attempts: 0, finishedAt: clock.now() })
    slots.calls.length = 0
    expect(await toEnd(clock, run([{ ...item!, receives: 2 }]))).toEqual([])
    expect(slots.calls).toEqual([])
  })

  it('keeps its old message if no new one can be sent', async () => {
    const { insert, run, clock, redelivery, queue, hold } = await full()
    queue.failing.add('j0')
    const [item] = await insert(ids(1))
    expect(await toEnd(clock, run([item!]))).toEqual(['item-j0'])
    expect(Object.keys(redelivery.delays())).toEqual(['receipt-j0'])
    // Nobody hides it for as long as the batch goes on.
    expect(hold.calls).toEqual(['keep item-j0', 'drop item-j0', 'release'])
  })

  it('and that has lost a run, says so in its new message, so that the search for the culprit goes on', async () => {
    const { insert, run, clock, queue, store } = await full()
    const [item] = await insert(ids(1))
    store.force('j0', {
      ...{ version: 3, status: 'running', attempts: 0, startedAt: clock.now() },
      ...{ lostRuns: 1, run: { no: 2, message: 'item-j0' } },
    })
    expect(await toEnd(clock, run([{ ...item!, receives: 3 }]))).toEqual([])
    expect(queue.sent).toMatchObject([{ id: 'j0', origin: 'item-j0', lost: { run: 2, receives: 0, waits: 1 } }])
  })

  it('comes again if the slots cannot be taken: no job runs on the guess that there is one', async () => {
    const { insert, run, clock, slots, seen, logged, queue } = counted({ limit: 5 })
    slots.before = () => {
      throw new Error('ProvisionedThroughputExceededException')
    }
    expect(await toEnd(clock, run(await insert(ids(2))))).toEqual([])
    expect(queue.sent.map(({ id }) => id)).toEqual(['j0', 'j1'])
    expect(seen.runs).toEqual([])
    expect(logged.map(([level]) => level)).toContain('error')
  })
})

describe('two deliveries of one job', () => {
  async function deliverTwice(afterMs: number, second: Partial<BatchItem>) {
    const set = counted(LIMIT_2, { lastsMs: 1_000 })
    const [item] = await set.insert(ids(1))
    const first = set.run([item!])
    await set.clock.advance(afterMs)
    const other = set.run([{ ...item!, ...second }])
    await set.clock.advance(50)
    return { ...set, first, other }
  }

  it('at the same moment hold a slot each: the end of one releases its own and not the other', async () => {
    const { clock, slots, first, other, store } = await deliverTwice(100, {})
    expect(slots.held('limited')).toHaveLength(2)
    // The second one finds out when its run is to be recorded, and ends.
    await clock.advance(300)
    expect(slots.held('limited')).toHaveLength(1)
    expect(await toEnd(clock, Promise.all([first, other]))).toEqual([[], ['item-j0']])
    expect(slots.held('limited')).toEqual([])
    expect(store.state('j0')).toMatchObject({ status: 'success' })
  })

  it('of which one came while the other ran is deleted, and takes no slot', async () => {
    const { clock, slots, first, other, seen } = await deliverTwice(500, { itemId: 'second', receives: 2 })
    expect(slots.calls).toEqual(['take limited 1'])
    expect(await toEnd(clock, Promise.all([first, other]))).toEqual([[], []])
    expect(seen.runs).toEqual(['j0'])
  })
})
