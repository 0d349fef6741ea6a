import type { Json } from './job.ts'
import type { PayloadPointer } from './payload.ts'
import type { Priority } from './priority.ts'

/**
 * The body of a message in a job queue. It carries all that a worker needs, so that a run needs no read
 * of the record to know what to do.
 */
export interface QueueMessage {
  readonly v: 1
  readonly id: string
  readonly namespace: string
  readonly task: string
  readonly input: Json
  /** The place of an input that is too large for a message; `input` is null then. */
  readonly inputRef?: PayloadPointer
  readonly queue: string
  readonly priority: Priority
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly expiresAt: number
  /** The policy of the submit, as far as it differs from the task's. Durations in milliseconds. */
  readonly attempts?: number
  readonly backoffInitialMs?: number
  readonly backoffCapMs?: number
  readonly timeoutMs?: number
  /** Epoch milliseconds: a job that has not started by then fails as `EXPIRED`. */
  readonly startBy?: number
  readonly group?: string
  /**
   * The job's first message, by the name that its queue gave it. A job that waits gets a new message, which takes the
   * place of the one before; this name is the same in all of them.
   */
  readonly origin?: string
  /** Sent by a resubmit. It runs the job only if the job's own message is lost. */
  readonly rescue?: true
  /** What is known of runs without an outcome, when the message of a suspect is sent again. */
  readonly lost?: LostRun
}

/** Tells a suspect's new message what its queue knew of the message before. */
export interface LostRun {
  /** The number of the run that was lost. */
  readonly run: number
  /** How often the messages before were received without a record of it. */
  readonly receives: number
  /** How often the job was sent again because it could not run yet. */
  readonly waits: number
}
