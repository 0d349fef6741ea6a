import { beforeAll, describe, expect, it } from '@jest/globals'
import { PENDING } from '../../../lambdas/domain/job/job-state.ts'
import type { JobState } from '../../../lambdas/domain/job/job-state.ts'
import type { JobStore } from '../../../lambdas/domain/job/job-store.ts'
import type { KnownJob, NewJob } from '../../../lambdas/domain/job/stored-job.ts'
import type { ManualClock } from '../../../local/clock.ts'
import { HOUR, jobMaker } from './new-job.ts'

const FAILED: JobState = {
  version: 2,
  status: 'failed',
  attempts: 1,
  finishedAt: 5,
  error: { code: 'NO', message: 'no', retryable: false },
}

/** Tests of the lives of an id in any job store: what is kept of a submit, a rerun, the end of a record. */
export function describeJobLives(clock: ManualClock, open: () => JobStore): void {
  const newJob = jobMaker(clock, 'life')
  let store: JobStore

  beforeAll(() => {
    store = open()
  })

  async function known(job: NewJob): Promise<KnownJob> {
    const found = await store.find(job)
    if (found === undefined) throw new Error(`${job.id} is not stored`)
    return found
  }

  async function setState(job: NewJob, state: JobState): Promise<void> {
    const [stored] = await store.load([job], 'strong')
    const result = await store.write({ job: stored!, state })
    expect(result.kind).toBe('stored')
  }

  describe('a record', () => {
    const whole = {
      idempotencyKey: 'Invoice 2026/17 – ä',
      metadata: { customer: 'c-1', pages: 3, rate: 0.5, urgent: true, late: false, empty: '' },
      tags: ['b', 'a'],
      policy: { attempts: 3, backoffInitialMs: 0, backoffCapMs: 2, timeoutMs: 4, startBy: 5, group: 'g' },
    }

    it.each([
      ['one', 0],
      ['many', 3],
    ])('of %s keeps all that a submit asked for', async (_, others) => {
      const dueAt = clock.now() + 60_000
      const job = newJob({ ...whole, dueAt })
      await store.insert([job, ...Array.from({ length: others }, () => newJob())], 's@c')
      const { policy, dueAt: _due, ...fixed } = job
      const state = { ...PENDING, dueAt }
      expect(await known(job)).toEqual({
        record: { ...fixed, ...state },
        policy,
        watchers: ['s@c'],
        watchRevision: 0,
      })
      expect(await store.read(job)).toEqual({ ...fixed, ...state })
      expect(await store.load([job], 'strong')).toMatchObject([{ state }])
    })

    it('of an id that was waited for keeps it as well', async () => {
      const job = newJob(whole)
      await store.watch(job, 'early@1', clock.now() + HOUR)
      await store.insert([job], undefined)
      expect(await known(job)).toMatchObject({
        policy: whole.policy,
        record: { tags: ['b', 'a'] },
        watchers: ['early@1'],
      })
    })

    it('keeps a state with progress and the time of the next run', async () => {
      const job = newJob()
      await store.insert([job], undefined)
      const progress = { percent: 40.5, message: 'Seite 2', data: { pages: [1, null] } }
      const state: JobState = {
        version: 2,
        status: 'running',
        attempts: 1,
        startedAt: 3,
        progress,
        dueAt: 9,
        lostRuns: 1,
      }
      await setState(job, state)
      expect(await store.load([job], 'strong')).toMatchObject([{ state }])
      const record = (await known(job)).record
      expect(record).toMatchObject({ progress, dueAt: 9 })
      expect(record).not.toHaveProperty('lostRuns')
    })
  })

  describe('a new life', () => {
    it('replaces a failed one: its version grows, its watchers stay, options that it does not have are gone', async () => {
      const first = newJob({ tags: ['old'], metadata: { old: true }, policy: { attempts: 2 } })
      await store.insert([first], 'first@1')
      await setState(first, FAILED)
      const { record } = await known(first)
      await clock.advance(1_000)
      const dueAt = clock.now() + 500
      const again = newJob({ id: first.id, priority: 'high', policy: { timeoutMs: 7 }, dueAt })
      const state = { version: 3, status: 'pending', attempts: 0, dueAt }
      const stored = await store.rerun(again, record, 'second@2')
      expect(stored).toMatchObject({ id: first.id, createdAt: again.createdAt, state, watchRevision: 1 })
      expect(new Set(stored!.watchers)).toEqual(new Set(['first@1', 'second@2']))
      const { policy, dueAt: _due, ...fixed } = again
      expect(await known(first)).toMatchObject({ record: { ...fixed, ...state }, policy })
      expect((await known(first)).record).not.toHaveProperty('tags')
      expect((await known(first)).record).not.toHaveProperty('metadata')
    })

    it('begins on the condition that nothing has changed since', async () => {
      const first = newJob()
      await store.insert([first], undefined)
      await setState(first, FAILED)
      const { record } = await known(first)
      await clock.advance(1)
      const again = newJob({ id: first.id })
      expect(await store.rerun(again, record, undefined)).toMatchObject({ state: { version: 3 } })
      expect(await store.rerun(again, record, undefined)).toBeUndefined()
      expect(await store.rerun(again, { ...record, version: 3 }, undefined)).toBeUndefined()
    })

    it('ends the former one’s right to write', async () => {
      const first = newJob()
      await store.insert([first], undefined)
      const [zombie] = await store.load([first], 'strong')
      await setState(first, FAILED)
      await clock.advance(1)
      await store.rerun(newJob({ id: first.id }), (await known(first)).record, undefined)
      const late: JobState = { version: 4, status: 'success', attempts: 0, output: 1 }
      const result = await store.write({ job: { ...zombie!, state: { ...late, version: 3 } }, state: late })
      expect(result).toMatchObject({ kind: 'conflict', present: { state: { status: 'pending' } } })
    })
  })

  describe('removing', () => {
    it('deletes a job that has ended, and no other', async () => {
      const job = newJob()
      expect(await store.remove(job)).toEqual({ kind: 'unknown' })
      await store.insert([job], undefined)
      expect(await store.remove(job)).toEqual({ kind: 'unfinished' })
      await setState(job, FAILED)
      expect(await store.remove({ ...job, namespace: 'other' })).toEqual({ kind: 'unknown' })
      const before = await known(job)
      expect(await store.remove(job)).toEqual({ kind: 'removed', job: before })
      expect(await store.find(job)).toBeUndefined()
      expect(await store.insert([job], undefined)).toEqual([{ kind: 'inserted' }])
    })

    it('finds no job that has expired, or is only waited for', async () => {
      const waited = newJob()
      await store.watch(waited, 's@c', clock.now() + HOUR)
      expect(await store.remove(waited)).toEqual({ kind: 'unknown' })
      const expired = newJob()
      await store.insert([expired], undefined)
      await setState(expired, FAILED)
      await clock.advance(HOUR + 1_000)
      expect(await store.remove(expired)).toEqual({ kind: 'unknown' })
      expect(await store.find(expired)).toBeUndefined()
    })
  })
}
