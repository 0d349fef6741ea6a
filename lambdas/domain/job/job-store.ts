import type { JobRecord } from '../../../protocol/job/job.ts'
import type { JobState } from './job-state.ts'
import type { JobKey, KnownJob, NewJob, StoredJob } from './stored-job.ts'

export interface LoadOptions {
  /** For whoever brings jobs to their end that have expired before it. Nobody else is given those. */
  readonly withExpired?: boolean
  /** Reads inputs along, which may be a hundred times the rest. */
  readonly withInput?: boolean
}

/** The most changes that `writeMany` takes: every store must be able to write as many in one call. */
export const MAX_CHANGES_PER_CALL = 25

/** A new state, to be stored on the condition that `job` is still as it was seen. */
export interface StateChange {
  readonly job: StoredJob
  readonly state: JobState
}

export type InsertResult =
  | { readonly kind: 'inserted' }
  | ({ readonly kind: 'existed' } & KnownJob)
  /** Whether it was stored is unknown. Inserting the same id again is safe. `cause` is for the log. */
  | { readonly kind: 'unavailable'; readonly cause?: unknown }

/** A job that has not ended is not removed. */
export interface RemoveResult {
  readonly kind: 'removed' | 'unfinished' | 'unknown'
}

export type WatchResult =
  /** The job as it is from the moment on that the watcher is on it. */
  | { readonly kind: 'watched'; readonly job: StoredJob }
  /** Nobody has submitted the id so far. The watcher waits for it. */
  | { readonly kind: 'awaited' }
  /** There is no room for another watcher. */
  | { readonly kind: 'full' }

export type WriteResult =
  /** The record as of the write, its watchers complete. */
  | { readonly kind: 'stored'; readonly job: StoredJob }
  /** The version had changed. `present` is what is stored, absent where the record is gone. */
  | { readonly kind: 'conflict'; readonly present?: StoredJob }

/**
 * The results table. Nothing that has expired by our own clock is ever returned; an expired record's id can be
 * used again.
 */
export interface JobStore {
  /**
   * Inserts each job whose id is unknown, with `watcher` on it next to those who waited for the id already. The
   * ids must differ. One result a job, in order.
   */
  insert(jobs: readonly NewJob[], watcher: string | undefined): Promise<readonly InsertResult[]>
  /** One job, whole, strongly consistent. */
  read(key: JobKey): Promise<JobRecord | undefined>
  /** One job with all that running it again takes, strongly consistent. */
  find(key: JobKey): Promise<KnownJob | undefined>
  /**
   * Begins a new life of a failed or cancelled job under its id, on the condition that it is still as it was `seen`:
   * all of `job` is stored, its version grows on, and who watched goes on watching. Undefined where it has changed.
   */
  rerun(job: NewJob, seen: JobRecord, watcher: string | undefined): Promise<StoredJob | undefined>
  /**
   * Takes jobs that run again out of the index of failed jobs, where a rerun leaves them until their messages are
   * sent: whoever runs all failed jobs again after a crash in between meets them there. Rejects where that failed
   * for one.
   */
  unlistFailed(keys: readonly JobKey[]): Promise<void>
  /** Deletes a job, if it has ended. */
  remove(key: JobKey): Promise<RemoveResult>
  /** Those that exist, in any order. Only `strong` sees what was written a moment ago. */
  load(
    keys: readonly JobKey[],
    consistency: 'eventual' | 'strong',
    options?: LoadOptions,
  ): Promise<readonly StoredJob[]>
  /**
   * Puts a watcher on a job. If nobody has submitted the id, the watcher waits for it until `waitUntil` (epoch ms).
   */
  watch(key: JobKey, watcher: string, waitUntil: number): Promise<WatchResult>
  /** Stores one change on the condition of the version alone; returns the record as of the write. */
  write(change: StateChange): Promise<WriteResult>
  /**
   * Stores up to `MAX_CHANGES_PER_CALL` changes in one call, each on the condition of version and watch revision, so that the
   * watchers which `job` carries are complete. Returns of each the record as of the write, or undefined where it is
   * not stored: that one is to be tried again by `write`.
   */
  writeMany(changes: readonly StateChange[]): Promise<readonly (StoredJob | undefined)[]>
}
