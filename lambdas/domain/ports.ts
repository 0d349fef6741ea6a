import type { JobRecord, JobUpdate } from '../../protocol/job.ts'
import type { PayloadPointer } from '../../protocol/payload.ts'
import type { QueueMessage } from '../../protocol/queue-message.ts'
import type { JobState } from './job.ts'

/** What names a job: nobody reads a job of another namespace, because every key starts with it. */
export interface JobKey {
  readonly namespace: string
  readonly id: string
}

/** What a submit asked for beyond its task's own policy. The record keeps it, so that the job can run again. */
export type JobPolicy = Pick<
  QueueMessage,
  'attempts' | 'backoffInitialMs' | 'backoffCapMs' | 'timeoutMs' | 'startBy' | 'group'
>

/** A job before anything has happened to it. */
export interface NewJob
  extends
    JobKey,
    Pick<JobRecord, 'task' | 'input' | 'priority' | 'queue' | 'createdAt' | 'expiresAt'>,
    Pick<JobRecord, 'idempotencyKey' | 'metadata' | 'tags' | 'dueAt' | 'webhook'> {
  readonly policy?: JobPolicy
  /** Where the input is that was too large for the record; `input` is null then. */
  readonly inputRef?: PayloadPointer
}

/** A stored job, whole but for payloads that are kept apart: those the record says are omitted. */
export interface KnownJob {
  readonly record: JobRecord
  readonly inputRef?: PayloadPointer
  readonly outputRef?: PayloadPointer
  readonly policy: JobPolicy
  readonly watchers: readonly string[]
  readonly watchRevision: number
  /** Whether it is in the index of failed jobs. One that was run again may still be. */
  readonly listedAsFailed?: boolean
}

/** What a writer must know of a stored job: its state, and who watches it. */
export interface StoredJob extends JobKey {
  readonly state: JobState
  /** Who wants updates, each `<session>@<connectionId>`. */
  readonly watchers: readonly string[]
  /** Grows with every subscribe. A write on the condition of it has missed no watcher. */
  readonly watchRevision: number
  /** With the key, tells one life of an id from the next one after it expired. */
  readonly createdAt: number
  readonly expiresAt: number
  readonly facts: JobFacts
  /** Whether it is in the index of failed jobs. One that was run again may still be. */
  readonly listedAsFailed?: boolean
}

/** What was written once, at the submit, as far as it is told of a job that has ended. */
export interface JobFacts extends Pick<
  JobRecord,
  'task' | 'priority' | 'queue' | 'idempotencyKey' | 'metadata' | 'tags' | 'webhook'
> {
  /** Absent where it is kept apart, or was not read along. */
  readonly inputJson?: string
}

export interface LoadOptions {
  /** For whoever brings jobs to their end that have expired before it. Nobody else is given those. */
  readonly withExpired?: boolean
  /** Reads inputs along, which may be a hundred times the rest. */
  readonly withInput?: boolean
}

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
  remove(key: JobKey): Promise<'removed' | 'unfinished' | 'unknown'>
  /** Those that exist, in any order. Only `strong` sees what was written a moment ago. */
  load(
    keys: readonly JobKey[],
    consistency: 'eventual' | 'strong',
    options?: LoadOptions,
  ): Promise<readonly StoredJob[]>
  /**
   * Puts a watcher on a job and returns it as it is from that moment on. An id that nobody has submitted is waited
   * for until `waitUntil` (epoch ms), and gives undefined. Rejects with a `TooManyWatchersError` where there is no
   * room for one more.
   */
  watch(key: JobKey, watcher: string, waitUntil: number): Promise<StoredJob | undefined>
  /** Stores one change on the condition of the version alone; returns the record as of the write. */
  write(change: StateChange): Promise<WriteResult>
  /**
   * Stores up to 25 changes in one call, each on the condition of version and watch revision, so that the
   * watchers which `job` carries are complete. Returns of each the record as of the write, or undefined where it is
   * not stored: that one is to be tried again by `write`.
   */
  writeMany(changes: readonly StateChange[]): Promise<readonly (StoredJob | undefined)[]>
}

/** A client's lasting identity across reconnects, and the connection it has now. */
export interface Session {
  readonly namespace: string
  readonly session: string
  readonly connectionId: string
}

/** Which connection a session has now. */
export interface SessionRegistry {
  connect(session: Session & { readonly connectedAt: number; readonly expiresAt: number }): Promise<void>
  /** Forgets the session, unless it has another connection by now. */
  disconnect(session: Session): Promise<void>
  /** Strongly consistent: asked when a connection turned out to be gone. */
  connectionOf(namespace: string, session: string): Promise<string | undefined>
}

/** The job queues. */
export interface JobQueue {
  /**
   * Sends messages and returns those that could not be sent after some tries. Never rejects for a part of them.
   * `due` says of some when they are (epoch ms): none is received much before.
   */
  send(messages: readonly QueueMessage[], due: ReadonlyMap<QueueMessage, number>): Promise<readonly QueueMessage[]>
}

/** A message with the time it is due at, in epoch milliseconds. */
export interface LaterMessage {
  readonly message: QueueMessage
  readonly dueAt: number
}

/** What sends messages that are due later than the 15 minutes for which a queue can hold them back. */
export interface LongDelay {
  /**
   * Has each sent about when it is due, up to a minute before. The same job for the same time again changes nothing.
   * Returns those for which that failed, and never rejects for a part of them.
   */
  sendLater(messages: readonly LaterMessage[]): Promise<readonly QueueMessage[]>
}

/** A message that was received, is not acknowledged, and is to come again. */
export interface PostponedMessage extends Pick<QueueMessage, 'queue' | 'priority'> {
  readonly receiptHandle: string
  readonly delayMs: number
}

/** When messages that are not acknowledged come again. */
export interface Redelivery {
  /**
   * Has each come again after its delay, of at most 12 hours since it was received, instead of after the queue's
   * visibility timeout. Never rejects: a message that could not be postponed comes after that timeout.
   */
  postpone(messages: readonly PostponedMessage[]): Promise<void>
}

/** Runs that are limited together: those of a task in a namespace, or those of one `group` of its jobs. */
export interface SlotPool extends Pick<QueueMessage, 'namespace' | 'task' | 'group'> {
  /** How many may be under way at once. */
  readonly limit: number
}

/** Slots for runs of limited tasks. A run holds one of each of its pools from before it begins until it is stored. */
export interface RunSlots {
  /**
   * Takes up to `count` slots of a pool and returns their names: fewer, or none, where no more are free. What is not
   * released is free again at `until` (epoch ms), when whoever took it must be over.
   */
  take(pool: SlotPool, count: number, until: number): Promise<readonly string[]>
  /** Gives slots back. Never rejects: one that could not be given back is free again at its `until`. */
  release(pool: SlotPool, slots: readonly string[]): Promise<void>
}

/** One update on its way to those who watch the job. */
export interface Delivery {
  readonly namespace: string
  readonly update: JobUpdate
  readonly watchers: readonly string[]
}

/** The socket, as seen from here. */
export interface Pusher {
  /**
   * Resolves once every push was tried, and never rejects: a watcher that could not be reached asks again when
   * it comes back.
   */
  push(deliveries: readonly Delivery[]): Promise<void>
}

/** Time, injected so that tests move it. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Calls back once, `delayMs` from now; the answer cancels it. */
  after(delayMs: number, callback: () => void): () => void
}
