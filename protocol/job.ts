import type { Priority } from './priority.ts'

/** What JSON can carry. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

export const JOB_STATUSES = ['pending', 'running', 'success', 'failed', 'cancelled'] as const

export type JobStatus = (typeof JOB_STATUSES)[number]

/** The states that never change again. */
export type TerminalStatus = Extract<JobStatus, 'success' | 'failed' | 'cancelled'>

export function isTerminal(status: JobStatus): status is TerminalStatus {
  return status === 'success' || status === 'failed' || status === 'cancelled'
}

/** Why a job failed. `retryable` says whether another run could end otherwise. */
export interface JobFailure {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
}

/**
 * The part of a job that changes, and what is pushed at each change. `version` grows by one with every
 * change, so that a reader can drop what it has already seen. Times are epoch milliseconds.
 */
export interface JobUpdate {
  readonly id: string
  readonly version: number
  readonly status: JobStatus
  /** How many runs have been recorded as failed so far. */
  readonly attempts: number
  readonly startedAt?: number
  readonly finishedAt?: number
  /** Only when the status is `success`. */
  readonly output?: Json
  /** Only when the status is `failed`. */
  readonly error?: JobFailure
  /** True where the output was too large for one socket message: fetch the job by REST. */
  readonly outputOmitted?: true
}

/** A job, whole. */
export interface JobRecord extends JobUpdate {
  readonly namespace: string
  readonly task: string
  readonly input: Json
  readonly priority: Priority
  readonly queue: string
  readonly createdAt: number
  /** When the record will be gone, in epoch milliseconds. */
  readonly expiresAt: number
}

/** What a client asks to be run. */
export interface JobRequest {
  /** Made by the client, so that sending the same request again runs nothing twice. Made by the server if absent. */
  readonly id?: string
  readonly task: string
  readonly input?: Json
  readonly priority?: Priority
}

/** What became of one job of a submit, in the order of the request. */
export type SubmitOutcome =
  | {
      readonly id: string
      readonly status: JobStatus
      readonly version: number
      /** True where the id was already known: nothing new was created, and this is the job it named. */
      readonly existed?: true
    }
  | { readonly id?: string; readonly error: import('./errors.ts').WireError }
