import type { JobRecord } from '../../../protocol/job/job.ts'
import type { JobState } from './job-state.ts'
import type { JobKey, KnownJob, NewJob, StoredJob } from './stored-job.ts'

export interface LoadOptions {
  /** Also returns expired jobs, for a caller that ends jobs which expired before they ended. */
  readonly withExpired?: boolean
  /** Also reads the inputs, which may be a hundred times as large as the rest. */
  readonly withInput?: boolean
}

/** The most changes that `writeMany` takes: every store must be able to write as many in one call. */
export const MAX_CHANGES_PER_CALL = 25

/** A new state, which is stored on the condition that `job` has not changed since it was read. */
export interface StateChange {
  readonly job: StoredJob
  readonly state: JobState
}

export type InsertResult =
  | { readonly kind: 'inserted' }
  | ({ readonly kind: 'existed' } & KnownJob)
  /** It is unknown if the job was stored. Inserting the same id again is safe. `cause` is for the log. */
  | { readonly kind: 'unavailable'; readonly cause?: unknown }

/** A job that has not ended is not removed. `job` is the job as it was. */
export type RemoveResult =
  | { readonly kind: 'removed'; readonly job: KnownJob }
  | { readonly kind: 'unfinished' | 'unknown' }

export type WatchResult =
  /** `job` is the state at the moment when the watcher was added. */
  | { readonly kind: 'watched'; readonly job: StoredJob }
  /** Nobody has submitted the id so far. The watcher waits for it. */
  | { readonly kind: 'awaited' }
  /** There is no room for another watcher: these are all that the job has. */
  | { readonly kind: 'full'; readonly watchers: readonly string[] }

export type WriteResult =
  /** The record as of the write, with all its watchers. */
  | { readonly kind: 'stored'; readonly job: StoredJob }
  /** The version had changed. `present` is the record that is stored; it is absent if the record is gone. */
  | { readonly kind: 'conflict'; readonly present?: StoredJob }

/**
 * The results table. It never returns a record that has expired by our own clock. The id of an expired record can be
 * used again.
 */
export interface JobStore {
  /**
   * Inserts each job whose id is unknown. `watcher` and those who waited for the id already watch the job from then on.
   * The ids must differ. Returns one result for each job, in order.
   */
  insert(jobs: readonly NewJob[], watcher: string | undefined): Promise<readonly InsertResult[]>
  /** Reads one job, whole and strongly consistent. */
  read(key: JobKey): Promise<JobRecord | undefined>
  /** Reads one job with everything that is needed to run it again, strongly consistent. */
  find(key: JobKey): Promise<KnownJob | undefined>
  /**
   * Begins a new life of a failed or cancelled job under its id, on the condition that it has not changed since it was
   * `seen`. All of `job` is stored, the version goes on from the former life, and the watchers stay. Returns undefined
   * if the job has changed.
   */
  rerun(job: NewJob, seen: JobRecord, watcher: string | undefined): Promise<StoredJob | undefined>
  /**
   * Takes jobs that run again out of the index of failed jobs. A rerun leaves them there until their messages are sent,
   * so that after a crash in between, a retry of all failed jobs still finds them. Rejects if it failed for any job.
   */
  unlistFailed(keys: readonly JobKey[]): Promise<void>
  /** Deletes a job if it has ended. */
  remove(key: JobKey): Promise<RemoveResult>
  /** Returns the jobs that exist, in any order. Only a `strong` read sees what was written a moment ago. */
  load(
    keys: readonly JobKey[],
    consistency: 'eventual' | 'strong',
    options?: LoadOptions,
  ): Promise<readonly StoredJob[]>
  /**
   * Puts a watcher on a job, in place of what its session has for former connections. If nobody has submitted the id,
   * the watcher waits for it until `waitUntil` (epoch ms).
   */
  watch(key: JobKey, watcher: string, waitUntil: number): Promise<WatchResult>
  /** Takes watchers off a job. */
  unwatch(key: JobKey, watchers: readonly string[]): Promise<void>
  /** Stores one change on the condition of the version alone. */
  write(change: StateChange): Promise<WriteResult>
  /**
   * Stores up to `MAX_CHANGES_PER_CALL` changes in one call, each on the condition of version and watch revision: so `job`
   * has all the watchers of the record. Returns for each change the record as of the write, or undefined if it was not
   * stored. The caller then tries that change again with `write`.
   */
  writeMany(changes: readonly StateChange[]): Promise<readonly (StoredJob | undefined)[]>
}
