import { beforeAll, describe, expect, it } from '@jest/globals'
import { PENDING, applyStart, applySuccess } from '../../../lambdas/domain/job/job-state.ts'
import type { JobState } from '../../../lambdas/domain/job/job-state.ts'
import type { JobStore } from '../../../lambdas/domain/job/job-store.ts'
import type { NewJob, StoredJob } from '../../../lambdas/domain/job/stored-job.ts'
import type { ManualClock } from '../../../local/clock.ts'
import { HOUR, jobMaker } from './new-job.ts'

/** Tests of what any job store does on an insert, a watch and a write. */
export function describeJobChanges(clock: ManualClock, open: () => JobStore): void {
  const newJob = jobMaker(clock)
  let store: JobStore

  beforeAll(() => {
    store = open()
  })

  async function stored(job: NewJob): Promise<StoredJob> {
    const [found] = await store.load([job], 'strong')
    if (found === undefined) throw new Error(`${job.id} is not stored`)
    return found
  }

  function next(state: JobState, how: 'start' | 'succeed'): JobState {
    const at = clock.now()
    const transition =
      how === 'start'
        ? applyStart(state, { startedAt: at })
        : applySuccess(state, { output: { done: [1, null, 'ü'] }, startedAt: at, finishedAt: at })
    if (!transition.ok) throw new Error(transition.refusal)
    return transition.state
  }

  describe('inserting', () => {
    it('gives the job back whole', async () => {
      const job = newJob()
      await store.insert([job], 's@c=')
      expect(await store.read(job)).toEqual({ ...job, ...PENDING })
      expect(await stored(job)).toMatchObject({ watchers: ['s@c='], watchRevision: 0, state: PENDING })
    })

    it.each([
      ['one', 0],
      ['many', 3],
    ])('%s: returns the job of a known id and changes nothing', async (_, others) => {
      const job = newJob()
      await store.insert([job], 'first@1')
      const again = { ...newJob(), id: job.id, task: 'other' }
      const results = await store.insert([again, ...Array.from({ length: others }, () => newJob())], 'second@2')
      expect(results[0]).toEqual({
        kind: 'existed',
        record: { ...job, ...PENDING },
        policy: {},
        watchers: ['first@1'],
        watchRevision: 0,
      })
      expect(results.slice(1).every(({ kind }) => kind === 'inserted')).toBe(true)
      expect(await store.read(job)).toMatchObject({ task: 'echo' })
    })

    it.each([
      ['one', 0],
      ['many', 3],
    ])('%s: accepts an id again that has expired', async (_, others) => {
      const job = newJob()
      await store.insert([job], 'old@1')
      await clock.advance(HOUR)
      expect(await store.read(job)).toBeUndefined()
      expect(await store.load([job], 'strong')).toEqual([])
      const second = newJob({ id: job.id, task: 'greet' })
      const results = await store.insert([second, ...Array.from({ length: others }, () => newJob())], undefined)
      expect(results[0]).toEqual({ kind: 'inserted' })
      expect(await store.read(job)).toMatchObject({ task: 'greet' })
      expect(await stored(second)).toMatchObject({ watchers: [] })
    })

    it.each([
      ['one', 0],
      ['many', 3],
    ])('%s: keeps those who waited for the id', async (_, others) => {
      const job = newJob()
      expect(await store.watch(job, 'early@1', clock.now() + HOUR)).toEqual({ kind: 'awaited' })
      expect(await store.read(job)).toBeUndefined()
      const results = await store.insert([job, ...Array.from({ length: others }, () => newJob())], 'late@2')
      expect(results[0]).toEqual({ kind: 'inserted' })
      const { watchers } = await stored(job)
      expect(new Set(watchers)).toEqual(new Set(['early@1', 'late@2']))
      expect(await store.read(job)).toEqual({ ...job, ...PENDING })
    })

    it('keeps namespaces apart', async () => {
      const job = newJob()
      await store.insert([job], undefined)
      expect(await store.read({ ...job, namespace: 'other' })).toBeUndefined()
      expect(await store.insert([{ ...job, namespace: 'other' }], undefined)).toEqual([{ kind: 'inserted' }])
    })
  })

  describe('watching', () => {
    it('returns the state and grows the revision', async () => {
      const job = newJob()
      await store.insert([job], 'a@1')
      const watched = await store.watch(job, 'b@2', clock.now() + HOUR)
      expect(watched).toMatchObject({ kind: 'watched', job: { id: job.id, state: PENDING, watchRevision: 1 } })
      expect(await stored(job)).toMatchObject({ watchRevision: 1 })
      expect(await store.read(job)).toMatchObject({ expiresAt: job.expiresAt })
    })

    it('an expired job waits for the next life of its id', async () => {
      const job = newJob()
      await store.insert([job], 'old@1')
      await clock.advance(HOUR)
      expect(await store.watch(job, 'new@2', clock.now() + HOUR)).toEqual({ kind: 'awaited' })
      const second = newJob({ id: job.id })
      await store.insert([second], undefined)
      expect(await stored(second)).toMatchObject({ watchers: ['new@2'] })
    })
  })

  describe('writing changes', () => {
    it('one returns the watchers as of the write', async () => {
      const job = newJob()
      await store.insert([job], 'a@1')
      const seen = await stored(job)
      await store.watch(job, 'b@2', clock.now() + HOUR)
      const state = next(seen.state, 'succeed')
      const result = await store.write({ job: seen, state })
      expect(result).toMatchObject({ kind: 'stored', job: { state, watchRevision: 1 } })
      expect(result.kind === 'stored' && new Set(result.job.watchers)).toEqual(new Set(['a@1', 'b@2']))
      expect(await store.read(job)).toEqual({ ...job, ...state })
    })

    it('one whose version has changed returns the present job', async () => {
      const job = newJob()
      await store.insert([job], 'a@1')
      const seen = await stored(job)
      const state = next(seen.state, 'start')
      await store.write({ job: seen, state })
      const result = await store.write({ job: seen, state: next(seen.state, 'succeed') })
      expect(result).toMatchObject({ kind: 'conflict', present: { ...seen, state } })
    })

    it('one whose record is gone says so', async () => {
      const job = newJob()
      await store.insert([job], undefined)
      const seen = await stored(job)
      const result = await store.write({ job: { ...seen, id: 'nowhere' }, state: next(seen.state, 'succeed') })
      expect(result).toEqual({ kind: 'conflict' })
    })

    it('many: a changed version or watcher fails its own change only', async () => {
      const jobs = Array.from({ length: 4 }, () => newJob())
      await store.insert(jobs, 'a@1')
      const seen = await Promise.all(jobs.map(stored))
      await store.write({ job: seen[1]!, state: next(seen[1]!.state, 'start') })
      await store.watch(jobs[2]!, 'b@2', clock.now() + HOUR)
      const changes = seen.map((job) => ({ job, state: next(job.state, 'succeed') }))
      const written = await store.writeMany(changes)
      expect(written.map((job) => job?.state)).toEqual([changes[0]!.state, undefined, undefined, changes[3]!.state])
      const statuses = await Promise.all(jobs.map(async (job) => (await store.read(job))?.status))
      expect(statuses).toEqual(['success', 'running', 'pending', 'success'])
    })

    it('keeps a failure as it was written', async () => {
      const job = newJob()
      await store.insert([job], undefined)
      const error = { code: 'TASK_FAILED', message: 'no ünïcode', retryable: false }
      const state: JobState = { version: 2, status: 'failed', attempts: 1, error, finishedAt: 5 }
      await store.write({ job: await stored(job), state })
      expect(await store.read(job)).toEqual({ ...job, ...state })
    })
  })
}
