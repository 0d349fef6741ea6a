import { PENDING } from '../../../lambdas/domain/job/job-state.ts'
import type { JobState } from '../../../lambdas/domain/job/job-state.ts'
import { factsOf, stateOfNew } from '../../../lambdas/domain/job/known-job.ts'
import type { InsertResult, JobStore } from '../../../lambdas/domain/job/job-store.ts'
import type { JobKey, KnownJob, NewJob } from '../../../lambdas/domain/job/stored-job.ts'
import type { StateChange, WriteResult } from '../../../lambdas/domain/job/job-store.ts'
import type { StoredJob } from '../../../lambdas/domain/job/stored-job.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import type { JobRecord } from '../../../protocol/job/job.ts'
import type { Timers } from '../time/timers.ts'

/** An id that is only watched has no job. */
interface Row {
  job: NewJob | undefined
  state: JobState
  readonly watchers: Set<string>
  watchRevision: number
}

/** The results table of one namespace, in memory. */
export class MemoryStore implements JobStore {
  readonly #rows = new Map<string, Row>()
  readonly #timers: Timers
  readonly #written: (job: StoredJob) => void

  /** `written` hears of every new state before anybody else does. */
  constructor(timers: Timers, written: (job: StoredJob) => void) {
    this.#timers = timers
    this.#written = written
  }

  /** All that have not expired, in the order of their first submits. */
  records(): JobRecord[] {
    return [...this.#rows.keys()].flatMap((id) => this.#known(id)?.record ?? [])
  }

  record(id: string): JobRecord | undefined {
    return this.#known(id)?.record
  }

  /** A job as it is stored, also where it has expired. */
  stored(id: string): StoredJob | undefined {
    const row = this.#rows.get(id)
    return row?.job && toStored(row, row.job)
  }

  /** Puts a state in the place of the present one. */
  put({ id }: JobKey, state: JobState): StoredJob {
    const row = this.#rows.get(id)!
    row.state = state
    const stored = toStored(row, row.job!)
    this.#written(stored)
    return stored
  }

  async insert(jobs: readonly NewJob[], watcher: string | undefined): Promise<InsertResult[]> {
    return jobs.map((job) => {
      const known = this.#known(job.id)
      if (known !== undefined) return { kind: 'existed', ...known }
      const row = this.#rows.get(job.id)
      const watchers = new Set(row?.job === undefined ? row?.watchers : [])
      if (watcher !== undefined) watchers.add(watcher)
      this.#rows.delete(job.id)
      this.#rows.set(job.id, { job, state: stateOfNew(job), watchers, watchRevision: 0 })
      return { kind: 'inserted' }
    })
  }

  async read({ id }: JobKey): Promise<JobRecord | undefined> {
    return this.record(id)
  }

  async find({ id }: JobKey): Promise<KnownJob | undefined> {
    return this.#known(id)
  }

  async rerun(job: NewJob, seen: JobRecord, watcher: string | undefined): Promise<StoredJob | undefined> {
    const row = this.#rows.get(job.id)
    if (row?.state.version !== seen.version || row.job?.createdAt !== seen.createdAt) return undefined
    row.job = job
    if (watcher !== undefined) row.watchers.add(watcher)
    return this.put(job, { ...stateOfNew(job), version: seen.version + 1 })
  }

  /** What has failed is found by its status: there is no index. */
  async unlistFailed(): Promise<void> {}

  async remove({ id }: JobKey): Promise<'removed' | 'unfinished' | 'unknown'> {
    const record = this.record(id)
    if (record === undefined) return 'unknown'
    if (!isTerminal(record.status)) return 'unfinished'
    this.#rows.delete(id)
    return 'removed'
  }

  async load(keys: readonly JobKey[]): Promise<StoredJob[]> {
    return keys.flatMap(({ id }) => (this.#known(id) === undefined ? [] : (this.stored(id) ?? [])))
  }

  async watch({ id }: JobKey, watcher: string): Promise<StoredJob | undefined> {
    const isKnown = this.#known(id) !== undefined
    const row = (isKnown && this.#rows.get(id)) || {
      job: undefined,
      state: PENDING,
      watchers: new Set(),
      watchRevision: 0,
    }
    this.#rows.set(id, row)
    row.watchers.add(watcher)
    row.watchRevision++
    return this.stored(id)
  }

  async write({ job, state }: StateChange): Promise<WriteResult> {
    const present = this.stored(job.id)
    if (present === undefined) return { kind: 'conflict' }
    const isSame = present.state.version === job.state.version && present.createdAt === job.createdAt
    return isSame ? { kind: 'stored', job: this.put(job, state) } : { kind: 'conflict', present }
  }

  async writeMany(changes: readonly StateChange[]): Promise<(StoredJob | undefined)[]> {
    const results = await Promise.all(changes.map((change) => this.write(change)))
    return results.map((result) => (result.kind === 'stored' ? result.job : undefined))
  }

  /** Undefined for what is only watched, and for what has expired. */
  #known(id: string): KnownJob | undefined {
    const row = this.#rows.get(id)
    if (row?.job === undefined || row.job.expiresAt <= this.#timers.now()) return undefined
    const { policy = {}, dueAt: _first, ...fixed } = row.job
    const { watchers, watchRevision } = row
    return { record: { ...fixed, ...row.state }, policy, watchers: [...watchers], watchRevision }
  }
}

function toStored({ state, watchers, watchRevision }: Row, job: NewJob): StoredJob {
  const { namespace, id, createdAt, expiresAt } = job
  const facts = factsOf(job, false)
  return { namespace, id, createdAt, expiresAt, state, watchers: [...watchers], watchRevision, facts }
}
