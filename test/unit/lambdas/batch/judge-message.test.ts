import { describe, expect, it } from '@jest/globals'
import type { BatchItem, JobInBatch } from '../../../../lambdas/domain/batch/job-in-batch.ts'
import { firstOf, judgeMessage } from '../../../../lambdas/domain/batch/judge-message.ts'
import type { JobState } from '../../../../lambdas/domain/job/job-state.ts'
import type { QueueMessage } from '../../../../protocol/job/queue-message.ts'
import { createPlatform, itemOf, jobOf } from '../../fakes/platform.ts'
import { LONGEST_RUN_MS } from '../../fakes/batch.ts'

const JOB = jobOf('a')
const NOW = JOB.createdAt + 3_600_000
const MARGIN_MS = 5_000

/** A message of the job. `own` is its first one, named after where it comes from. */
function item(itemId: string, receives: number, message: Partial<QueueMessage> = {}): BatchItem {
  const own = itemOf(JOB, { itemId, receives })
  return { ...own, message: { ...own.message, ...message } }
}

async function inBatch(state: Partial<JobState>, items: readonly BatchItem[], queue = 'default'): Promise<JobInBatch> {
  const { store } = createPlatform()
  await store.insert([{ ...JOB, queue }], undefined)
  store.force('a', { version: 2, status: 'pending', attempts: 0, ...state })
  const [stored] = await store.load([JOB], 'strong')
  return { message: items[0]!.message, items, stored: stored! }
}

async function judge(state: Partial<JobState>, ...items: readonly BatchItem[]) {
  return judgeMessage(await inBatch(state, items), NOW, LONGEST_RUN_MS)
}

const RUNNING = { status: 'running', startedAt: NOW - 20_000 } as const
const own = { no: 1, message: 'own' }
const rescue = { rescue: true } as const
const copy = { origin: 'own' }
const run = { kind: 'run', lostRuns: 0, unrecorded: 0 }

describe("a job's own message", () => {
  it('runs without a claim when it is received for the first time: a short job costs two writes', async () => {
    expect(await judge({}, item('own', 1))).toEqual({ ...run, claims: false })
  })

  it('claims when it comes again, since a run may have begun that is not on record', async () => {
    expect(await judge({}, item('own', 2))).toEqual({ ...run, claims: true, unrecorded: 1 })
    expect(await judge({ attempts: 1, run: own }, item('own', 2))).toEqual({ ...run, claims: true })
    expect(await judge({ attempts: 1, run: own }, item('own', 5))).toEqual({ ...run, claims: true, unrecorded: 3 })
  })

  it('claims once a resubmit has marked the record', async () => {
    expect(await judge({ rescueAt: NOW }, item('own', 1))).toEqual({ ...run, claims: true })
  })

  it('is deleted if a resubmit has begun a run, whatever became of it', async () => {
    const theirs = { no: 1, message: 'later', origin: 'rescue' }
    expect(await judge({ ...RUNNING, run: theirs }, item('own', 1))).toEqual({ kind: 'spare' })
    expect(await judge({ attempts: 1, run: theirs }, item('own', 3))).toEqual({ kind: 'spare' })
  })

  it('has lost its run if it comes again while the run is on record', async () => {
    expect(await judge({ ...RUNNING, run: own }, item('own', 2))).toEqual({ ...run, claims: true, lostRuns: 1 })
    const state = { ...RUNNING, run: own, lostRuns: 2, attempts: 1 }
    expect(await judge(state, item('own', 5))).toEqual({ ...run, claims: true, lostRuns: 3 })
    expect(await judge(state, item('own', 6))).toEqual({ ...run, claims: true, lostRuns: 3, unrecorded: 1 })
  })

  it('looks again if it is delivered twice for its first run', async () => {
    expect(await judge({ ...RUNNING, run: own }, item('own', 1))).toEqual({ kind: 'occupied' })
  })
})

describe('a message that took the place of another one', () => {
  it('claims, and its receives count for nothing: it leaves a record of each run', async () => {
    for (const receives of [1, 2, 8]) {
      expect(await judge({ attempts: 2, run: own }, item('later', receives, copy))).toEqual({ ...run, claims: true })
    }
  })

  it('looks again while the run of another message of the same line may go on, however often it comes', async () => {
    for (const receives of [1, 2, 99]) {
      expect(await judge({ ...RUNNING, run: own }, item('later', receives, copy))).toEqual({ kind: 'occupied' })
    }
    const latest = { no: 4, message: 'later', origin: 'own' }
    expect(await judge({ ...RUNNING, run: latest }, item('own', 7))).toEqual({ kind: 'occupied' })
    expect(await judge({ ...RUNNING, run: latest }, item('later', 2, copy))).toMatchObject({ lostRuns: 1 })
  })

  it('takes the run for lost when no function can run it any more', async () => {
    const since = (minutes: number) => ({ ...RUNNING, startedAt: NOW - minutes * 60_000, run: own })
    expect(await judge(since(15), item('later', 1, copy))).toEqual({ kind: 'occupied' })
    expect(await judge(since(17), item('later', 1, copy))).toEqual({ ...run, claims: true, lostRuns: 1 })
  })

  it('knows of a lost run what the old one knew, unless another run has begun since', async () => {
    const lost = { run: 1, receives: 1, waits: 2 }
    const suspect = item('later', 1, { ...copy, lost })
    const expected = { ...run, claims: true, lostRuns: 2, unrecorded: 1 }
    expect(await judge({ ...RUNNING, run: own, lostRuns: 1 }, suspect)).toEqual(expected)
    const next = { no: 2, message: 'own' }
    expect(await judge({ ...RUNNING, run: next, lostRuns: 1 }, suspect)).toEqual({ kind: 'occupied' })
  })
})

describe("a resubmit's message", () => {
  it('waits for the longest run from the mark on, and five seconds more', async () => {
    const waitMs = LONGEST_RUN_MS + MARGIN_MS
    expect(await judge({}, item('sent', 1, rescue))).toEqual({ kind: 'rescue', dueAt: NOW + waitMs })
    const rescueAt = NOW - waitMs + 1
    expect(await judge({ rescueAt }, item('sent', 9, rescue))).toEqual({ kind: 'rescue', dueAt: NOW + 1 })
    expect(await judge({ rescueAt: rescueAt - 1 }, item('sent', 1, rescue))).toEqual({ ...run, claims: true })
  })

  it("waits as long as any lane's run can take if the job was sent to another lane", async () => {
    const job = await inBatch({}, [item('sent', 1, rescue)], 'gone')
    const dueAt = NOW + 15 * 60_000 + MARGIN_MS
    expect(judgeMessage(job, NOW, LONGEST_RUN_MS)).toEqual({ kind: 'rescue', dueAt })
  })

  it('is deleted once any run is known that it did not begin itself', async () => {
    for (const state of [{ ...RUNNING, run: own }, { attempts: 1, run: own }, { attempts: 1 }]) {
      expect(await judge(state, item('sent', 1, rescue))).toEqual({ kind: 'spare' })
      expect(await judge(state, item('later', 3, { ...rescue, origin: 'sent' }))).toEqual({ kind: 'spare' })
    }
  })

  it('that has begun a run carries the job from then on', async () => {
    const claimed = { no: 1, message: 'later', origin: 'sent' }
    const again = item('later', 2, { ...rescue, origin: 'sent' })
    expect(await judge({ ...RUNNING, run: claimed }, again)).toEqual({ ...run, claims: true, lostRuns: 1 })
    expect(await judge({ attempts: 1, run: claimed }, again)).toEqual({ ...run, claims: true })
    expect(await judge({ ...RUNNING, run: claimed }, item('other', 1, rescue))).toEqual({ kind: 'spare' })
  })
})

describe('of several messages of a job in one batch', () => {
  const first = async (state: Partial<JobState>, ...items: readonly BatchItem[]) => {
    const names = [items, items.toReversed()].map(async (order) => firstOf(await inBatch(state, order)).itemId)
    const [one, other] = await Promise.all(names)
    expect(one).toBe(other)
    return one
  }

  it("the job's own counts before a resubmit's, and the one that came most often before others", async () => {
    expect(await first({}, item('own', 1), item('sent', 5, rescue))).toBe('own')
    expect(await first({}, item('own', 3), item('later', 1, copy))).toBe('own')
  })

  it('the one that the latest run was for counts before all', async () => {
    const state = { ...RUNNING, run: { no: 2, message: 'later', origin: 'own' } }
    expect(await first(state, item('own', 9), item('later', 2, copy), item('sent', 1, rescue))).toBe('later')
  })

  it("a resubmit's that carries the job counts before the job's own, which is deleted", async () => {
    const state = { attempts: 1, run: { no: 1, message: 'gone', origin: 'sent' } }
    const carrier = item('later', 1, { ...rescue, origin: 'sent' })
    expect(await first(state, item('own', 7), carrier)).toBe('later')
    expect(await judge(state, item('own', 7), carrier)).toEqual({ ...run, claims: true })
  })

  it('one that knows of the lost run counts before one that would wait for it', async () => {
    const state = { ...RUNNING, run: { no: 2, message: 'gone', origin: 'own' } }
    const suspect = item('later', 1, { ...copy, lost: { run: 2, receives: 0, waits: 1 } })
    expect(await first(state, item('own', 7), suspect)).toBe('later')
    expect(await judge(state, item('own', 7), suspect)).toMatchObject({ lostRuns: 1 })
  })
})
