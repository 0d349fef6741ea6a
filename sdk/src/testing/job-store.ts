import { PENDING } from '../../../lambdas/domain/job/job-state.ts'
import type { JobState } from '../../../lambdas/domain/job/job-state.ts'
import { factsOf, stateOfNew } from '../../../lambdas/domain/job/known-job.ts'
import type {
  InsertResult,
  JobStore,
  LoadOptions,
  RemoveResult,
  StateChange,
  WatchResult,
  WriteResult,
} from '../../../lambdas/domain/job/job-store.ts'
import type { JobKey, KnownJob, NewJob, StoredJob } from '../../../lambdas/domain/job/stored-job.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import type { JobRecord } from '../../../protocol/job/job.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'

interface Row {
  /** Undefined for an id that is only watched. */
  job: NewJob | undefined
  state: JobState
  /** When the job expires; for an id that is only watched, when the wait for it ends. */
  expiresAt: number
  readonly watchers: Set<string>
  watchRevision: number
  /** True for a job that failed, and goes on being true after a rerun until `unlistFailed`. */
  listedAsFailed: boolean
}

type SubmittedRow = Row & { readonly job: NewJob }

/** The results table in memory, for the test client and for unit tests. */
export class MemoryJobStore implements JobStore {
  readonly #rows = new Map<string, Row>()
  readonly #clock: Pick<Clock, 'now'>
  readonly #onChange: (job: StoredJob) => void

  /** Calls `onChange` with each new state before anybody else sees it. */
  constructor(clock: Pick<Clock, 'now'>, onChange: (job: StoredJob) => void) {
    this.#clock = clock
    this.#onChange = onChange
  }

  /** The unexpired jobs of a namespace, in the order of their first submits. */
  records(namespace: string): JobRecord[] {
    const jobs = [...this.#rows.values()].flatMap(({ job }) => (job?.namespace === namespace ? [job] : []))
    return jobs.flatMap((job) => this.record(job) ?? [])
  }

  record(key: JobKey): JobRecord | undefined {
    return this.#known(key)?.record
  }

  /** A job as it is stored, even if it has expired. */
  stored(key: JobKey): StoredJob | undefined {
    const row = this.#rows.get(rowKey(key))
    return row && isSubmitted(row) ? toStored(row) : undefined
  }

  /** Replaces the state of a job, whatever it is now. */
  put(key: JobKey, state: JobState): StoredJob {
    const row = this.#rows.get(rowKey(key))
    if (row === undefined || !isSubmitted(row)) throw new Error(`There is no job "${key.id}".`)
    row.state = state
    if (state.status === 'failed') row.listedAsFailed = true
    const stored = toStored(row)
    this.#onChange(stored)
    return stored
  }

  /** Deletes a job with its watchers, whether or not it has ended. */
  forget(key: JobKey): void {
    this.#rows.delete(rowKey(key))
  }

  async insert(jobs: readonly NewJob[], watcher: string | undefined): Promise<InsertResult[]> {
    return jobs.map((job) => this.#insert(job, watcher))
  }

  async read(key: JobKey): Promise<JobRecord | undefined> {
    return this.record(key)
  }

  async find(key: JobKey): Promise<KnownJob | undefined> {
    return this.#known(key)
  }

  async rerun(job: NewJob, seen: JobRecord, watcher: string | undefined): Promise<StoredJob | undefined> {
    const row = this.#rows.get(rowKey(job))
    if (row?.state.version !== seen.version || row.job?.createdAt !== seen.createdAt) return undefined
    row.job = job
    row.expiresAt = job.expiresAt
    if (watcher !== undefined) row.watchers.add(watcher)
    row.watchRevision++
    return this.put(job, { ...stateOfNew(job), version: seen.version + 1 })
  }

  async unlistFailed(keys: readonly JobKey[]): Promise<void> {
    for (const key of keys) {
      const row = this.#rows.get(rowKey(key))
      if (row !== undefined && row.state.status !== 'failed') row.listedAsFailed = false
    }
  }

  async remove(key: JobKey): Promise<RemoveResult> {
    const record = this.record(key)
    if (record === undefined) return { kind: 'unknown' }
    if (!isTerminal(record.status)) return { kind: 'unfinished' }
    const job = this.#known(key)!
    this.forget(key)
    return { kind: 'removed', job }
  }

  async load(
    keys: readonly JobKey[],
    _consistency: 'eventual' | 'strong',
    { withExpired = false }: LoadOptions = {},
  ): Promise<StoredJob[]> {
    const present = withExpired ? keys : keys.filter((key) => this.#live(key) !== undefined)
    return present.flatMap((key) => this.stored(key) ?? [])
  }

  async watch(key: JobKey, watcher: string, waitUntil: number): Promise<WatchResult> {
    const row = this.#live(key) ?? newRow(undefined, waitUntil)
    this.#rows.set(rowKey(key), row)
    row.watchers.add(watcher)
    row.watchRevision++
    return isSubmitted(row) ? { kind: 'watched', job: toStored(row) } : { kind: 'awaited' }
  }

  async unwatch(key: JobKey, watchers: readonly string[]): Promise<void> {
    for (const watcher of watchers) this.#rows.get(rowKey(key))?.watchers.delete(watcher)
  }

  async write({ job, state }: StateChange): Promise<WriteResult> {
    const present = this.stored(job)
    if (present === undefined) return { kind: 'conflict' }
    return isSameVersion(present, job) ? { kind: 'stored', job: this.put(job, state) } : { kind: 'conflict', present }
  }

  async writeMany(changes: readonly StateChange[]): Promise<(StoredJob | undefined)[]> {
    return changes.map(({ job, state }) => {
      const present = this.stored(job)
      if (present === undefined || !isSameVersion(present, job)) return undefined
      return present.watchRevision === job.watchRevision ? this.put(job, state) : undefined
    })
  }

  #insert(job: NewJob, watcher: string | undefined): InsertResult {
    const known = this.#known(job)
    if (known !== undefined) return { kind: 'existed', ...known }
    const waiting = this.#live(job)
    const row = newRow(job, job.expiresAt)
    for (const name of waiting?.watchers ?? []) row.watchers.add(name)
    if (watcher !== undefined) row.watchers.add(watcher)
    if (waiting !== undefined) row.watchRevision = waiting.watchRevision + 1
    // The rows stay in the order of their submits.
    this.forget(job)
    this.#rows.set(rowKey(job), row)
    this.put(job, stateOfNew(job))
    return { kind: 'inserted' }
  }

  /** Returns undefined for an id that is only watched, and for an expired job. */
  #known(key: JobKey): KnownJob | undefined {
    const row = this.#live(key)
    return row && isSubmitted(row) ? toKnown(row) : undefined
  }

  #live(key: JobKey): Row | undefined {
    const row = this.#rows.get(rowKey(key))
    return row !== undefined && row.expiresAt > this.#clock.now() ? row : undefined
  }
}

function newRow(job: NewJob | undefined, expiresAt: number): Row {
  return { job, state: PENDING, expiresAt, watchers: new Set(), watchRevision: 0, listedAsFailed: false }
}

function isSubmitted(row: Row): row is SubmittedRow {
  return row.job !== undefined
}

function isSameVersion(present: StoredJob, seen: StoredJob): boolean {
  return present.state.version === seen.state.version && present.createdAt === seen.createdAt
}

function toStored({ job, state, ...row }: SubmittedRow): StoredJob {
  const { namespace, id, createdAt, expiresAt } = job
  const facts = factsOf(job, job.inputRef !== undefined)
  return { namespace, id, createdAt, expiresAt, state, facts, ...watchedFields(row) }
}

function toKnown({ job, state, ...row }: SubmittedRow): KnownJob {
  const { policy = {}, dueAt: _first, inputRef, ...fixed } = job
  const { outputRef, lostRuns: _ours, ...visible } = state
  const record = {
    ...fixed,
    ...visible,
    ...(inputRef && { inputOmitted: true as const }),
    ...(outputRef && { outputOmitted: true as const }),
  }
  return { record, ...(inputRef && { inputRef }), ...(outputRef && { outputRef }), policy, ...watchedFields(row) }
}

function watchedFields({ watchers, watchRevision, listedAsFailed }: Omit<Row, 'job' | 'state'>) {
  return { watchers: [...watchers], watchRevision, ...(listedAsFailed && { listedAsFailed }) }
}

function rowKey({ namespace, id }: JobKey): string {
  return `${namespace}#${id}`
}
