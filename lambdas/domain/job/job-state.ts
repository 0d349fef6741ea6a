import type { JobFailure, JobProgress, JobUpdate, Json } from '../../../protocol/job/job.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import type { PayloadPointer } from '../../../protocol/job/payload.ts'

/** The part of a record that changes. It is replaced whole, on the condition of its version. */
export interface JobState extends Omit<JobUpdate, 'id'> {
  /** Points at an output that is too large for the record. Internal: clients are told that the output is omitted. */
  readonly outputRef?: PayloadPointer
  /**
   * The number of runs of the present attempt that began and were never heard of again, without the run that is under
   * way now. Internal: it is neither pushed to clients nor read by them.
   */
  readonly lostRuns?: number
}

/**
 * The next state; or the reason why there is none: the present state is terminal and never changes, or it belongs to a
 * later attempt than the change, because a second message of the job was faster. The reason never leaves the domain:
 * a use case that refuses for it returns a `Refusal`.
 */
export type Transition =
  | { readonly ok: true; readonly state: JobState }
  | { readonly ok: false; readonly refusal: 'already-terminal' | 'superseded' }

/** A change to apply to the state that is stored when the change is written. */
export type Change = (state: JobState) => Transition

/** The state of a job that was just submitted. */
export const PENDING: JobState = { version: 1, status: 'pending', attempts: 0 }

/** A run of a job, as its transitions see it. */
export interface Run {
  readonly startedAt: number
  /** The latest progress that the task has reported. */
  readonly progress?: JobProgress | undefined
}

/**
 * A run begins, or has made progress. The present state may be `running` already, because an earlier worker may have
 * crashed.
 */
export function applyStart(
  state: JobState,
  { startedAt, progress, attempt, lostRuns }: Run & { readonly attempt?: number; readonly lostRuns?: number },
): Transition {
  if (isTerminal(state.status)) return refuseTransition('already-terminal')
  if (attempt !== undefined && state.attempts !== attempt - 1) return refuseTransition('superseded')
  return nextTransition(state, {
    status: 'running',
    attempts: state.attempts,
    startedAt,
    ...progressField(progress),
    ...(lostRuns === undefined || lostRuns === 0 ? {} : { lostRuns }),
  })
}

export function applySuccess(
  state: JobState,
  { output, startedAt, progress, finishedAt }: Run & { readonly output: Json; readonly finishedAt: number },
): Transition {
  const { attempts } = state
  return nextTransition(state, {
    status: 'success',
    attempts,
    output,
    startedAt,
    finishedAt,
    ...progressField(progress),
  })
}

/** A failed attempt that is not the last one: the job waits for the next, which is due at `dueAt`. */
export function applyFailedAttempt(
  state: JobState,
  { attempt, error, dueAt }: { readonly attempt: number; readonly error: JobFailure; readonly dueAt: number },
): Transition {
  if (isTerminal(state.status)) return refuseTransition('already-terminal')
  if (state.attempts !== attempt - 1) return refuseTransition('superseded')
  return nextTransition(state, { status: 'pending', attempts: attempt, error, dueAt })
}

/** The job has failed for good. `startedAt` is absent if no run was seen, as for a dead letter. */
export function applyFailure(
  state: JobState,
  {
    error,
    startedAt,
    progress,
    finishedAt,
  }: Partial<Run> & { readonly error: JobFailure; readonly finishedAt: number },
): Transition {
  const attempts = state.attempts + 1
  return nextTransition(state, {
    status: 'failed',
    attempts,
    error,
    ...endFields(state, { startedAt, progress, finishedAt }),
  })
}

/** The job has failed without a run that counts: it had none in time, or none that can be counted. */
export function applyFailureWithoutRun(
  state: JobState,
  { error, finishedAt }: { readonly error: JobFailure; readonly finishedAt: number },
): Transition {
  return nextTransition(state, {
    status: 'failed',
    attempts: state.attempts,
    error,
    ...endFields(state, { finishedAt }),
  })
}

/** The job has failed because it did not start in time. Refused if another message of the job has started it by now. */
export function applyFailureToStart(
  state: JobState,
  end: { readonly error: JobFailure; readonly finishedAt: number },
): Transition {
  if (!isTerminal(state.status) && !isUnstarted(state)) return refuseTransition('superseded')
  return applyFailureWithoutRun(state, end)
}

export function isUnstarted({ status, attempts, lostRuns = 0 }: JobState): boolean {
  return status === 'pending' && attempts === 0 && lostRuns === 0
}

export function applyCancel(state: JobState, { finishedAt }: { readonly finishedAt: number }): Transition {
  return nextTransition(state, { status: 'cancelled', attempts: state.attempts, ...endFields(state, { finishedAt }) })
}

function endFields(
  state: JobState,
  {
    startedAt = state.startedAt,
    progress = state.progress,
    finishedAt,
  }: { startedAt?: number | undefined; progress?: JobProgress | undefined; finishedAt: number },
): Pick<JobState, 'startedAt' | 'finishedAt' | 'progress'> {
  return { ...(startedAt === undefined ? {} : { startedAt }), finishedAt, ...progressField(progress) }
}

function progressField(progress: JobProgress | undefined): { progress?: JobProgress } {
  return progress === undefined ? {} : { progress }
}

function nextTransition(state: JobState, next: Omit<JobState, 'version'>): Transition {
  if (isTerminal(state.status)) return refuseTransition('already-terminal')
  return { ok: true, state: { version: state.version + 1, ...next } }
}

function refuseTransition(refusal: 'already-terminal' | 'superseded'): Transition {
  return { ok: false, refusal }
}
