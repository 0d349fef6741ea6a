import { beforeEach, describe, expect, it } from '@jest/globals'
import type { Log } from '../../../../lambdas/domain/kit/log.ts'
import { createPresence, type Presence, tasksOfQueue } from '../../../../lambdas/domain/workers/register-worker.ts'
import { ManualClock } from '../../../../local/clock.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { MemoryWorkers } from '../../fakes/memory-workers.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const FACTS = { id: 'default:a', kind: 'lambda', queue: 'default', tasks: ['echo'], metadata: { node: '24' } } as const

let clock: ManualClock
let workers: MemoryWorkers
let logged: Parameters<Log>[]
let presence: Presence

beforeEach(() => {
  clock = new ManualClock()
  workers = new MemoryWorkers()
  logged = []
  presence = createPresence({ workers, clock, log: (...line) => void logged.push(line) }, FACTS)
})

/** Runs a batch whose work takes `ms`, and moves the clock by as much. */
async function batch(jobs: number, ms = 0): Promise<string> {
  const work = () =>
    ms === 0 ? Promise.resolve('done') : new Promise<string>((end) => clock.after(ms, () => end('done')))
  const done = presence.during({ jobs, deadline: clock.now() + 10 * MINUTE }, work)
  if (ms > 0) await clock.advance(ms)
  return done
}

describe('a worker', () => {
  it('is registered with its first batch, for a quarter of an hour', async () => {
    const startedAt = clock.now()
    await clock.advance(5 * SECOND)
    expect(workers.registered).toEqual([])
    expect(await batch(3)).toBe('done')
    const now = clock.now()
    const times = { startedAt, lastSeenAt: now, lastClaimAt: now, expiresAt: now + 15 * MINUTE }
    expect(workers.registered).toEqual([{ ...FACTS, ...times, claims: 3 }])
  })

  it('is registered at most once a minute, with all that it has claimed', async () => {
    await batch(1)
    for (let second = 1; second < 60; second++) {
      await clock.advance(SECOND)
      await batch(2)
    }
    expect(workers.registered).toHaveLength(1)
    await clock.advance(SECOND)
    await batch(2)
    expect(workers.registered.map(({ claims }) => claims)).toEqual([1, 121])
  })

  it('is registered again while it works, even if it claims nothing more', async () => {
    const startedAt = clock.now()
    await batch(1, 3.5 * MINUTE)
    expect(workers.registered.map(({ lastSeenAt }) => lastSeenAt - startedAt)).toEqual([
      0,
      MINUTE,
      2 * MINUTE,
      3 * MINUTE,
    ])
    expect(new Set(workers.registered.map(({ lastClaimAt }) => lastClaimAt))).toEqual(new Set([startedAt]))
  })

  it('is not registered again while it is idle', async () => {
    await batch(1)
    await clock.advance(10 * MINUTE)
    expect(workers.registered).toHaveLength(1)
  })

  it('has claimed nothing if no message could be read', async () => {
    const startedAt = clock.now()
    await clock.advance(SECOND)
    await batch(0)
    expect(workers.registered).toMatchObject([{ claims: 0, lastClaimAt: startedAt, lastSeenAt: startedAt + SECOND }])
  })
})

describe('a registry that fails', () => {
  it('fails no batch, is logged, and is not asked again within the minute', async () => {
    workers.answer = () => Promise.reject(new Error('no table'))
    expect(await batch(1)).toBe('done')
    expect(await batch(1)).toBe('done')
    expect(workers.registered).toHaveLength(1)
    expect(logged).toMatchObject([['warn', expect.any(String), { workerId: 'default:a', error: 'Error: no table' }]])
  })

  it('delays no job, and the end of its batch by three seconds at most', async () => {
    workers.answer = () => new Promise(() => {})
    const order: string[] = []
    const done = presence.during({ jobs: 1, deadline: clock.now() + MINUTE }, async () => void order.push('work'))
    void done.then(() => order.push('end'))
    await clock.advance(2_999)
    expect(order).toEqual(['work'])
    await clock.advance(1)
    expect(order).toEqual(['work', 'end'])
    expect(logged).toMatchObject([['warn', expect.any(String), { error: 'Error: Request aborted' }]])
  })

  it('is not waited for beyond the deadline of the batch, nor called after it', async () => {
    workers.answer = () => new Promise(() => {})
    let ended = false
    void presence.during({ jobs: 1, deadline: clock.now() + 500 }, async () => {}).then(() => (ended = true))
    await clock.advance(500)
    expect(ended).toBe(true)
    await clock.advance(MINUTE)
    await presence.during({ jobs: 1, deadline: clock.now() }, async () => {})
    expect(workers.registered).toHaveLength(1)
  })

  it('does not hide that the work itself failed', async () => {
    workers.answer = () => Promise.reject(new Error('no table'))
    const failing = presence.during({ jobs: 1, deadline: clock.now() + MINUTE }, () =>
      Promise.reject(new Error('work')),
    )
    await expect(failing).rejects.toThrow('work')
    await clock.advance(5 * MINUTE)
    expect(workers.registered).toHaveLength(1)
  })
})

describe('the tasks of a worker', () => {
  const run = () => 1
  const tasks = {
    b: defineTask({ run }),
    a: defineTask({ run, queue: 'default' }),
    c: defineTask({ run, queue: 'heavy' }),
  }

  it('are those of its own queue, in order', () => {
    expect(tasksOfQueue(tasks, 'default')).toEqual(['a', 'b'])
    expect(tasksOfQueue(tasks, 'heavy')).toEqual(['c'])
  })
})
