import { describe, expect, it } from '@jest/globals'
import type { BatchItem, JobInBatch } from '../../../../lambdas/domain/batch/job-in-batch.ts'
import { lostRunOf, triage } from '../../../../lambdas/domain/batch/triage.ts'
import type { JobState } from '../../../../lambdas/domain/job/job-state.ts'
import type { QueueMessage } from '../../../../protocol/job/queue-message.ts'
import { LONGEST_RUN_MS } from '../../fakes/batch.ts'
import { createPlatform, itemOf, jobOf } from '../../fakes/platform.ts'

const NOW = jobOf('a').createdAt + 3_600_000

async function inBatch(id: string, state: Partial<JobState>, item: Partial<BatchItem> = {}): Promise<JobInBatch> {
  const { store } = createPlatform()
  const job = jobOf(id)
  await store.insert([job], undefined)
  store.force(id, { version: 2, status: 'pending', attempts: 0, ...state })
  const [stored] = await store.load([job], 'strong')
  const made = itemOf(job, item)
  return { message: made.message, items: [made], stored: stored! }
}

function sort(...jobs: readonly JobInBatch[]) {
  const { suspects, ...lists } = triage(jobs, NOW, LONGEST_RUN_MS)
  const ids = Object.entries(lists).map(([name, list]) => [name, list.map(({ message }) => message.id)])
  const filled = Object.fromEntries(ids.filter(([, list]) => list!.length > 0)) as Record<string, string[]>
  return { ...filled, suspects: suspects.map((phase) => phase.map(({ message }) => message.id)) }
}

const messageOf = (id: string, more: Partial<QueueMessage>): QueueMessage => ({ ...itemOf(jobOf(id)).message, ...more })

/** A job that has lost `lost` runs. The record counts all but the last of them. */
function suspect(id: string, lost: number, { alone = false, receives = lost + 1, more = {} } = {}) {
  const recorded = { no: lost, message: `item-${id}`, ...(alone ? { alone: true as const } : {}) }
  const state = { status: 'running', startedAt: NOW - 1_000, run: recorded, lostRuns: lost - 1 } as const
  return inBatch(id, state, { receives, message: messageOf(id, more) })
}

describe('a job that has crashed its worker', () => {
  it('runs beside other suspects after one crash, and alone after two: those that lost less go first', async () => {
    const jobs = [suspect('twice', 2), suspect('thrice', 3), suspect('once', 1), suspect('once-too', 1)]
    expect(sort(...(await Promise.all(jobs)), await inBatch('calm', {}))).toEqual({
      together: ['calm'],
      suspects: [['once', 'once-too'], ['twice'], ['thrice']],
    })
  })

  it('three times is convicted, but never without having been alone in the last crash', async () => {
    expect(sort(await suspect('a', 3, { alone: true }))).toEqual({ poisonous: ['a'], suspects: [] })
    for (const lost of [3, 4, 9]) expect(sort(await suspect('a', lost))).toEqual({ suspects: [['a']] })
    expect(sort(await suspect('a', 2, { alone: true }))).toEqual({ suspects: [['a']] })
  })

  it('once before its run was recorded, and then twice, is convicted: three crashes in all', async () => {
    expect(sort(await suspect('a', 2, { alone: true, receives: 4 }))).toEqual({ poisonous: ['a'], suspects: [] })
    expect(sort(await suspect('a', 2, { receives: 4 }))).toEqual({ suspects: [['a']] })
  })

  it('and was throttled besides is judged by its lost runs alone', async () => {
    expect(sort(await suspect('a', 2, { alone: true, receives: 5 }))).toEqual({ suspects: [['a']] })
  })

  it('counts what its own messages saw, and nothing that was received for it otherwise', async () => {
    // Resubmits of a job that runs, as often as you like.
    const state = { status: 'running', startedAt: NOW - 1_000, run: { no: 1, message: 'item-a' } } as const
    const message = messageOf('a', { rescue: true })
    for (const receives of [1, 4, 40]) {
      expect(sort(await inBatch('a', state, { itemId: 'sent', receives, message }))).toEqual({ suspects: [] })
    }
  })

  it('goes before all others when it has waited eight times', async () => {
    const waited = (id: string, lost: number, waits: number) =>
      suspect(id, lost, { more: { lost: { run: lost, receives: 0, waits }, origin: `item-${id}` } })
    const others = [await suspect('once', 1), await suspect('twice', 2)]
    const late = [await waited('late', 1, 8), await waited('later', 1, 9), await waited('alone', 2, 8)]
    expect(sort(...others, ...late).suspects).toEqual([['late', 'later'], ['alone'], ['once'], ['twice']])
    expect(sort(...others, await waited('late', 1, 7)).suspects).toEqual([['once', 'late'], ['twice']])
  })
})

describe('a new message of a suspect', () => {
  it('says which run was lost, what left no record, and how often it has waited', async () => {
    const lost = { run: 2, receives: 1, waits: 4 }
    const jobs = [suspect('a', 2, { receives: 4 }), suspect('b', 2, { receives: 1, more: { lost, origin: 'item-b' } })]
    const { suspects } = triage(await Promise.all(jobs), NOW, LONGEST_RUN_MS)
    const made = suspects.flat().map((job) => [job.message.id, lostRunOf(job)])
    expect(Object.fromEntries(made)).toEqual({
      a: { run: 2, receives: 1, waits: 1 },
      b: { run: 2, receives: 1, waits: 5 },
    })
  })

  it('of a job that has lost no run says nothing', async () => {
    const { together } = triage([await inBatch('a', {}, { receives: 3 })], NOW, LONGEST_RUN_MS)
    expect(together.map(lostRunOf)).toEqual([undefined])
  })
})

describe('a job that is not to run now', () => {
  it('is early, too late to start, expired, or carried by another message', async () => {
    const at = (id: string, state: Partial<JobState>, more: Partial<QueueMessage>) =>
      inBatch(id, state, { message: messageOf(id, more) })
    const jobs = [
      at('early', { dueAt: NOW + 1_001 }, {}),
      at('due', { dueAt: NOW + 999 }, {}),
      at('late', {}, { startBy: NOW - 1 }),
      at('begun', { attempts: 1, run: { no: 1, message: 'item-begun' } }, { startBy: NOW - 1 }),
      at('outlived', {}, { expiresAt: NOW }),
      at('spare', { attempts: 1, run: { no: 1, message: 'another' } }, {}),
      at('occupied', { status: 'running', startedAt: NOW, run: { no: 1, message: 'item-occupied' } }, {}),
    ]
    expect(sort(...(await Promise.all(jobs)))).toEqual({
      early: ['early'],
      together: ['due', 'begun'],
      expired: ['late', 'outlived'],
      occupied: ['occupied'],
      suspects: [],
    })
  })

  it("is failed by a resubmit's message only when the job's own can no longer have begun it", async () => {
    const look = (state: Partial<JobState>, more: Partial<QueueMessage>) =>
      inBatch('a', state, { itemId: 'sent', message: messageOf('a', { rescue: true, ...more }) }).then(sort)
    for (const more of [{ startBy: NOW - 1 }, { expiresAt: NOW }]) {
      expect(await look({}, more)).toEqual({ rescues: ['a'], suspects: [] })
      expect(await look({ rescueAt: NOW - 1_000 }, more)).toEqual({ rescues: ['a'], suspects: [] })
      expect(await look({ rescueAt: NOW - 65_000 }, more)).toEqual({ expired: ['a'], suspects: [] })
    }
    expect(await look({ dueAt: NOW + 60_000 }, {})).toEqual({ early: ['a'], suspects: [] })
  })
})
