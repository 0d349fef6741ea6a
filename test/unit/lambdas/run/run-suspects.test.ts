import { describe, expect, it } from '@jest/globals'
import type { BatchItem } from '../../../../lambdas/domain/batch/job-in-batch.ts'
import type { RecordedRun } from '../../../../lambdas/domain/job/job-state.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { createBatch } from '../../fakes/batch.ts'
import { itemOf, jobOf } from '../../fakes/platform.ts'

/** The two workers of the lane that may run suspects, and the one of a namespace. */
const LANE = { namespace: '#suspects', task: 'default', limit: 2 }
const NAMESPACE = 'acme'
const OWN = { namespace: '#suspects', task: 'default', group: NAMESPACE, limit: 1 }

const TAKES = ['take default 1', `take default/${NAMESPACE} 1`]
const RELEASES = ['release default 1', `release default/${NAMESPACE} 1`]

/** Jobs with ids that begin with their tasks. Those named `…-suspect` have lost a run. */
async function setUp(ids: readonly string[], lost: Partial<RecordedRun> = {}) {
  const order: string[] = []
  const task = (ms: number) =>
    defineTask({
      timeout: '40s',
      run: (_: unknown, { jobId }) => {
        order.push(jobId)
        return ms === 0 ? null : new Promise((resolve) => batch.clock.after(ms, () => resolve(null)))
      },
    })
  const tasks = { quick: task(0), slow: task(800), long: task(20_000) }
  const batch = await createBatch(
    tasks,
    ids.map((id) => jobOf(id, id.split('-')[0])),
  )
  const items = batch.items.map((item): BatchItem => {
    const { id } = item.message
    if (!id.endsWith('suspect')) return item
    const run = { no: 1, message: item.itemId, ...lost }
    batch.store.force(id, { version: 2, status: 'running', attempts: 0, startedAt: batch.clock.now(), run })
    return itemOf(jobOf(id, id.split('-')[0]), { receives: 2 })
  })
  /** Runs the batch to its end. */
  const toEnd = async (batchItems = items) => {
    const running = batch.run(batchItems)
    await batch.clock.advance(60_000)
    return running
  }
  const status = (id: string) => batch.store.state(id)?.status
  return { ...batch, items, order, toEnd, status }
}

describe('suspects', () => {
  it('take one turn of their lane and namespace for all of them, record it with their runs, and give it back', async () => {
    const { toEnd, slots, store, items } = await setUp(['slow-1-suspect', 'slow-2-suspect'])
    expect(await toEnd()).toEqual([])
    expect(slots.calls).toEqual([...TAKES, ...RELEASES])
    for (const { message } of items) {
      const running = store.history.get(message.id)!.findLast(({ status }) => status === 'running')
      expect(running).toMatchObject({ lostRuns: 1, run: { no: 2, turn: 'slot-0/slot-1' } })
    }
  })

  it('begin after the other jobs of their batch have ended', async () => {
    const { toEnd, order } = await setUp(['quick-suspect', 'slow', 'quick'])
    expect(await toEnd()).toEqual([])
    expect(order).toEqual(['slow', 'quick', 'quick-suspect'])
  })

  it('come again if the other jobs take longer than a second, and hold no turn meanwhile', async () => {
    const { run, clock, order, queue, slots } = await setUp(['quick-suspect', 'long'])
    const running = run([itemOf(jobOf('quick-suspect', 'quick'), { receives: 2 }), itemOf(jobOf('long', 'long'))])
    await clock.advance(1_100)
    expect(queue.sent).toMatchObject([{ id: 'quick-suspect', lost: { run: 1, receives: 0, waits: 1 } }])
    await clock.advance(60_000)
    expect(await running).toEqual([])
    expect(order).toEqual(['long'])
    expect(slots.calls).toEqual([])
  })

  it.each([
    ['two other workers of the lane', LANE, 2],
    ['another worker for their namespace', OWN, 1],
  ] as const)('come again in the next round if it is the turn of %s', async (_, limit, count) => {
    const { toEnd, order, queue, slots, items, clock } = await setUp(['quick-suspect', 'quick'])
    await slots.take(limit, count, clock.now() + 60_000)
    const begunAt = clock.now()
    expect(await toEnd()).toEqual([])
    expect(order).toEqual(['quick'])
    const [sent] = queue.sentLater(begunAt)
    expect(sent).toEqual({
      message: { ...items[0]!.message, origin: 'item-quick-suspect', lost: { run: 1, receives: 0, waits: 1 } },
      delayMs: 4_000,
    })

    await slots.take(limit, count, clock.now() + 60_000)
    const againAt = clock.now()
    await toEnd([{ ...items[0]!, itemId: 'sent', receives: 1, message: sent!.message }])
    expect(queue.sent[1]!.lost).toEqual({ run: 1, receives: 0, waits: 2 })
    expect(queue.sentLater(againAt)[1]!.delayMs).toBe(4_000)
  })

  it('give the turn of the lane back if that of their namespace cannot be taken', async () => {
    const { toEnd, order, queue, slots } = await setUp(['quick-suspect'])
    slots.before = () => {
      if (slots.calls.length > 1) throw new Error('throttled')
    }
    expect(await toEnd()).toEqual([])
    expect([order, queue.sent.length]).toEqual([[], 1])
    expect(slots.held('default')).toEqual([])
  })

  it('come again if their turn cannot be taken', async () => {
    const { toEnd, order, queue, slots, logged } = await setUp(['quick-suspect'])
    slots.before = () => {
      throw new Error('throttled')
    }
    expect(await toEnd()).toEqual([])
    expect([order, queue.sent.length]).toEqual([[], 1])
    expect(logged.map(([level]) => level)).toContain('error')
  })

  it('give back the turn of the worker that has died, once for all of them', async () => {
    const { toEnd, order, slots, clock } = await setUp(['quick-1-suspect', 'quick-2-suspect'], {
      turn: 'slot-0/slot-1',
    })
    await slots.take(LANE, 1, clock.now() + 900_000)
    await slots.take(OWN, 1, clock.now() + 900_000)
    expect(await toEnd()).toEqual([])
    expect(order).toEqual(['quick-1-suspect', 'quick-2-suspect'])
    expect(slots.calls.slice(2)).toEqual([...RELEASES, ...TAKES, ...RELEASES])
  })

  it('that are given up give back the turn of the worker that they killed', async () => {
    const { toEnd, slots, status, clock, store } = await setUp(['quick-suspect'])
    await slots.take(LANE, 1, clock.now() + 900_000)
    await slots.take(OWN, 1, clock.now() + 900_000)
    const run = { no: 3, message: 'item-quick-suspect', alone: true, turn: 'slot-0/slot-1' } as const
    store.force('quick-suspect', { version: 5, status: 'running', attempts: 0, startedAt: 1, lostRuns: 2, run })
    await toEnd()
    expect(status('quick-suspect')).toBe('failed')
    expect(slots.held('default')).toEqual([])
    expect(slots.held(`default/${NAMESPACE}`)).toEqual([])
  })

  /** One suspect for each namespace, with the runs that it has lost before the one that its message tells of. */
  async function setUpNamespaces(lostRuns: Readonly<Record<string, number>>) {
    const batch = await setUp([])
    const jobs = Object.keys(lostRuns).map((namespace) => ({ ...jobOf(`quick-${namespace}`, 'quick'), namespace }))
    await batch.store.insert(jobs, undefined)
    const items = jobs.map((job) => {
      const item = itemOf(job, { receives: 2 })
      const lost = { lostRuns: lostRuns[job.namespace]!, run: { no: 2, message: item.itemId } }
      batch.store.force(job.id, { version: 3, status: 'running', attempts: 0, startedAt: 1, ...lost }, job.namespace)
      return item
    })
    return { ...batch, items }
  }

  it('that must run alone are those of one namespace, so that a crash loses no turn of another', async () => {
    const { toEnd, items, order, queue, slots } = await setUpNamespaces({ acme: 1, other: 1 })
    expect(await toEnd(items)).toEqual([])
    expect(order).toEqual(['quick-acme'])
    expect(queue.sent).toMatchObject([{ id: 'quick-other', lost: { run: 2 } }])
    expect(slots.calls).not.toContain('take default/other 1')
  })

  it('that must run alone wait while those of other namespaces run beside each other', async () => {
    const { toEnd, items, order, queue } = await setUpNamespaces({ acme: 0, other: 0, crashing: 1 })
    expect(await toEnd(items)).toEqual([])
    expect(order).toEqual(['quick-acme', 'quick-other'])
    expect(queue.sent).toMatchObject([{ id: 'quick-crashing', lost: { run: 2 } }])
  })

  it('of one namespace run while those of another have killed the worker of their turn', async () => {
    const { toEnd, order, slots, clock } = await setUp(['quick-suspect'])
    await slots.take(LANE, 1, clock.now() + 900_000)
    await slots.take({ ...OWN, group: 'crashing' }, 1, clock.now() + 900_000)
    await toEnd()
    expect(order).toEqual(['quick-suspect'])
  })
})

describe('a suspect that has waited for long', () => {
  const lost = { run: 1, receives: 0, waits: 8 }

  it('runs at once, and the other jobs of its batch go to another worker', async () => {
    const { toEnd, items, order, queue, status, clock } = await setUp(['quick-suspect', 'quick'])
    const begunAt = clock.now()
    const waited = { ...items[0]!, itemId: 'sent', message: { ...items[0]!.message, origin: items[0]!.itemId, lost } }
    expect(await toEnd([waited, items[1]!])).toEqual([])
    expect(order).toEqual(['quick-suspect'])
    expect(queue.sentLater(begunAt)).toMatchObject([{ message: { id: 'quick' }, delayMs: 0 }])
    expect(status('quick')).toBe('pending')
  })

  it('lets the others run if it is not its turn', async () => {
    const { toEnd, items, order, queue, slots, clock } = await setUp(['quick-suspect', 'quick'])
    await slots.take(OWN, 1, clock.now() + 60_000)
    const waited = { ...items[0]!, itemId: 'sent', message: { ...items[0]!.message, origin: items[0]!.itemId, lost } }
    expect(await toEnd([waited, items[1]!])).toEqual([])
    expect(order).toEqual(['quick'])
    expect(queue.sent).toMatchObject([{ id: 'quick-suspect', lost: { waits: 9 } }])
  })
})
