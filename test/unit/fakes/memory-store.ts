import { PENDING } from '../../../lambdas/domain/job/job-state.ts'
import type { JobState } from '../../../lambdas/domain/job/job-state.ts'
import { factsOf, stateOfNew } from '../../../lambdas/domain/job/known-job.ts'
import type { InsertResult, JobStore, StateChange, WriteResult } from '../../../lambdas/domain/job/job-store.ts'
import type { JobKey, KnownJob, NewJob, StoredJob } from '../../../lambdas/domain/job/stored-job.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import type { JobRecord } from '../../../protocol/job/job.ts'

interface Row {
  job: NewJob | undefined
  state: JobState
  watchers: string[]
  watchRevision: number
}

export type StoreCall = keyof JobStore

/** The results table in memory. `calls` says what was called, and `before` may fail or delay a call. */
export class MemoryStore implements JobStore {
  readonly calls: string[] = []
  /** Runs before each call takes effect: throw to make it fail, await to make it slow. */
  before: (call: StoreCall) => void | Promise<void> = () => undefined
  /** Runs after a call took effect and before it answers: throw, and the answer is lost. */
  after: (call: StoreCall) => void | Promise<void> = () => undefined
  /** Ids that an eventually consistent read does not see yet. */
  readonly unseen = new Set<string>()
  /** Every state that each job has had. */
  readonly history = new Map<string, JobState[]>()
  readonly #rows = new Map<string, Row>()
  readonly #listed = new Set<string>()

  insert(jobs: readonly NewJob[], watcher: string | undefined): Promise<InsertResult[]> {
    return this.#call('insert', () => jobs.map((job) => this.#insert(job, watcher)))
  }

  read(key: JobKey): Promise<JobRecord | undefined> {
    return this.#call('read', () => {
      const row = this.#rows.get(nameOf(key))
      return row?.job && this.#known(row, row.job).record
    })
  }

  find(key: JobKey): Promise<KnownJob | undefined> {
    return this.#call('find', () => {
      const row = this.#rows.get(nameOf(key))
      return row?.job && this.#known(row, row.job)
    })
  }

  rerun(job: NewJob, seen: JobRecord, watcher: string | undefined): Promise<StoredJob | undefined> {
    return this.#call('rerun', () => {
      const row = this.#rows.get(nameOf(job))
      if (row?.state.version !== seen.version || row.job?.createdAt !== seen.createdAt) return undefined
      if (row.state.status === 'failed') this.#listed.add(nameOf(job))
      row.job = job
      row.watchRevision++
      if (watcher !== undefined && !row.watchers.includes(watcher)) row.watchers.push(watcher)
      this.#setState(row, job, { ...stateOfNew(job), version: seen.version + 1 })
      return this.#stored(row, job)
    })
  }

  unlistFailed(keys: readonly JobKey[]): Promise<void> {
    return this.#call('unlistFailed', () => {
      for (const key of keys) this.#listed.delete(nameOf(key))
    })
  }

  remove(key: JobKey): Promise<'removed' | 'unfinished' | 'unknown'> {
    return this.#call('remove', () => {
      const row = this.#rows.get(nameOf(key))
      if (row?.job === undefined) return 'unknown'
      if (!isTerminal(row.state.status)) return 'unfinished'
      this.#rows.delete(nameOf(key))
      return 'removed'
    })
  }

  load(keys: readonly JobKey[], consistency: 'eventual' | 'strong'): Promise<StoredJob[]> {
    return this.#call('load', () =>
      keys.flatMap((key) => {
        const row = this.#rows.get(nameOf(key))
        if (row?.job === undefined || (consistency === 'eventual' && this.unseen.has(key.id))) return []
        return [this.#stored(row, row.job)]
      }),
    )
  }

  watch(key: JobKey, watcher: string): Promise<StoredJob | undefined> {
    return this.#call('watch', () => {
      const row = this.#rows.get(nameOf(key)) ?? { job: undefined, state: PENDING, watchers: [], watchRevision: 0 }
      this.#rows.set(nameOf(key), row)
      if (!row.watchers.includes(watcher)) row.watchers.push(watcher)
      row.watchRevision++
      return row.job && this.#stored(row, row.job)
    })
  }

  write({ job, state }: StateChange): Promise<WriteResult> {
    return this.#call('write', () => {
      const row = this.#rows.get(nameOf(job))
      if (row?.job === undefined) return { kind: 'conflict' }
      if (row.state.version !== job.state.version || row.job.createdAt !== job.createdAt) {
        return { kind: 'conflict', present: this.#stored(row, row.job) }
      }
      this.#setState(row, job, state)
      return { kind: 'stored', job: this.#stored(row, row.job) }
    })
  }

  writeMany(changes: readonly StateChange[]): Promise<(StoredJob | undefined)[]> {
    return this.#call('writeMany', () =>
      changes.map(({ job, state }) => {
        const row = this.#rows.get(nameOf(job))
        const same = row?.state.version === job.state.version && row.watchRevision === job.watchRevision
        if (!same || row.job === undefined) return undefined
        this.#setState(row, job, state)
        return this.#stored(row, row.job)
      }),
    )
  }

  /** Jobs that run again and are in the index of failed jobs all the same. */
  get listed(): readonly string[] {
    return [...this.#listed]
  }

  /** The state as it is stored. */
  state(id: string, namespace = 'acme'): JobState | undefined {
    return this.#rows.get(nameOf({ namespace, id }))?.state
  }

  /** Puts a state there as another process would. */
  force(id: string, state: JobState, namespace = 'acme'): void {
    const row = this.#rows.get(nameOf({ namespace, id }))
    if (row === undefined) throw new Error(`no ${id}`)
    this.#setState(row, { namespace, id }, state)
  }

  forget(id: string, namespace = 'acme'): void {
    this.#rows.delete(nameOf({ namespace, id }))
  }

  #insert(job: NewJob, watcher: string | undefined): InsertResult {
    const row = this.#rows.get(nameOf(job))
    if (row?.job !== undefined) {
      return { kind: 'existed', ...this.#known(row, row.job) }
    }
    const watchers = [...(row?.watchers ?? []), ...(watcher === undefined ? [] : [watcher])]
    const inserted = { job, state: stateOfNew(job), watchers, watchRevision: row?.watchRevision ?? 0 }
    this.#rows.set(nameOf(job), inserted)
    this.#setState(inserted, job, inserted.state)
    return { kind: 'inserted' }
  }

  #stored(row: Row, job: NewJob): StoredJob {
    return { ...toStored(row, job), ...this.#listing(job) }
  }

  #known(row: Row, job: NewJob): KnownJob {
    return { ...toKnown(row, job), ...this.#listing(job) }
  }

  #listing(key: JobKey): { listedAsFailed?: boolean } {
    return this.#listed.has(nameOf(key)) ? { listedAsFailed: true } : {}
  }

  #setState(row: Row, key: JobKey, state: JobState): void {
    row.state = state
    this.history.set(key.id, [...(this.history.get(key.id) ?? []), state])
  }

  async #call<Result>(name: StoreCall, action: () => Result): Promise<Result> {
    this.calls.push(name)
    await this.before(name)
    const result = action()
    await this.after(name)
    return result
  }
}

function toStored({ state, watchers, watchRevision }: Row, job: NewJob): StoredJob {
  const { namespace, id, createdAt, expiresAt } = job
  const facts = factsOf(job, job.inputRef !== undefined)
  return { namespace, id, createdAt, expiresAt, state, watchers: [...watchers], watchRevision, facts }
}

function toKnown({ state, watchers, watchRevision }: Row, job: NewJob): KnownJob {
  const { policy = {}, dueAt: _first, inputRef, ...fixed } = job
  const { outputRef, ...visible } = state
  const record = {
    ...fixed,
    ...visible,
    ...(inputRef === undefined ? {} : { inputOmitted: true as const }),
    ...(outputRef === undefined ? {} : { outputOmitted: true as const }),
  }
  const pointers = {
    ...(inputRef === undefined ? {} : { inputRef }),
    ...(outputRef === undefined ? {} : { outputRef }),
  }
  return { record, ...pointers, policy, watchers: [...watchers], watchRevision }
}

function nameOf({ namespace, id }: JobKey): string {
  return `${namespace}#${id}`
}
