import type { JobState } from '../../../lambdas/domain/job/job-state.ts'
import type {
  InsertResult,
  JobStore,
  LoadOptions,
  StateChange,
  WriteResult,
} from '../../../lambdas/domain/job/job-store.ts'
import type { JobKey, KnownJob, NewJob, StoredJob } from '../../../lambdas/domain/job/stored-job.ts'
import type { JobRecord } from '../../../protocol/job/job.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import { MemoryJobStore } from '../../../sdk/src/testing/job-store.ts'

export type StoreCall = keyof JobStore

/** The results table in memory. Notes the calls and all states, and lets a test fail or delay a call. */
export class FakeJobStore implements JobStore {
  readonly calls: string[] = []
  /** Runs before each call takes effect: throw to make it fail, await to make it slow. */
  before: (call: StoreCall) => void | Promise<void> = () => undefined
  /** Runs after a call took effect and before it returns: throw, and the result is lost. */
  after: (call: StoreCall) => void | Promise<void> = () => undefined
  /** Ids that an eventually consistent read does not see yet. */
  readonly unseen = new Set<string>()
  /** Ids of jobs that have no room for another watcher, until one is taken off. */
  readonly full = new Set<string>()
  /** Every state that each job has had. */
  readonly history = new Map<string, JobState[]>()
  readonly #jobs: MemoryJobStore

  constructor(clock: Clock) {
    this.#jobs = new MemoryJobStore(clock, ({ id, state }) => {
      this.history.set(id, [...(this.history.get(id) ?? []), state])
    })
  }

  insert(jobs: readonly NewJob[], watcher: string | undefined): Promise<InsertResult[]> {
    return this.#call('insert', () => this.#jobs.insert(jobs, watcher))
  }

  read(key: JobKey): Promise<JobRecord | undefined> {
    return this.#call('read', () => this.#jobs.read(key))
  }

  find(key: JobKey): Promise<KnownJob | undefined> {
    return this.#call('find', () => this.#jobs.find(key))
  }

  rerun(job: NewJob, seen: JobRecord, watcher: string | undefined): Promise<StoredJob | undefined> {
    return this.#call('rerun', () => this.#jobs.rerun(job, seen, watcher))
  }

  unlistFailed(keys: readonly JobKey[]): Promise<void> {
    return this.#call('unlistFailed', () => this.#jobs.unlistFailed(keys))
  }

  remove(key: JobKey): ReturnType<JobStore['remove']> {
    return this.#call('remove', () => this.#jobs.remove(key))
  }

  load(
    keys: readonly JobKey[],
    consistency: 'eventual' | 'strong',
    options?: LoadOptions,
  ): Promise<readonly StoredJob[]> {
    return this.#call('load', () => {
      const seen = consistency === 'strong' ? keys : keys.filter(({ id }) => !this.unseen.has(id))
      return this.#jobs.load(seen, consistency, options)
    })
  }

  watch(key: JobKey, watcher: string, waitUntil: number): ReturnType<JobStore['watch']> {
    return this.#call('watch', async () =>
      this.full.has(key.id)
        ? { kind: 'full', watchers: this.#jobs.stored(key)?.watchers ?? [] }
        : this.#jobs.watch(key, watcher, waitUntil),
    )
  }

  unwatch(key: JobKey, watchers: readonly string[]): Promise<void> {
    return this.#call('unwatch', () => {
      this.full.delete(key.id)
      return this.#jobs.unwatch(key, watchers)
    })
  }

  write(change: StateChange): Promise<WriteResult> {
    return this.#call('write', () => this.#jobs.write(change))
  }

  writeMany(changes: readonly StateChange[]): Promise<(StoredJob | undefined)[]> {
    return this.#call('writeMany', () => this.#jobs.writeMany(changes))
  }

  /** The state as it is stored, even if the job has expired. */
  state(id: string, namespace = 'acme'): JobState | undefined {
    return this.#jobs.stored({ namespace, id })?.state
  }

  /** Returns true if a job is in the index of failed jobs, as it may still be while it runs again. */
  isListedAsFailed(id: string, namespace = 'acme'): boolean {
    return this.#jobs.stored({ namespace, id })?.listedAsFailed === true
  }

  /** Stores a state as another process would. */
  force(id: string, state: JobState, namespace = 'acme'): void {
    this.#jobs.put({ namespace, id }, state)
  }

  /** Deletes a job, as the table does some time after it expired. */
  forget(id: string, namespace = 'acme'): void {
    this.#jobs.forget({ namespace, id })
  }

  async #call<Result>(name: StoreCall, action: () => Promise<Result>): Promise<Result> {
    this.calls.push(name)
    await this.before(name)
    const result = await action()
    await this.after(name)
    return result
  }
}
