import type { JobFailure, JobProgress, JobUpdate, Json } from '../../../protocol/job/job.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import type { PayloadPointer } from '../../../protocol/job/payload.ts'

/** The part of a record that changes. Replaced whole, on the condition of its version. */
export interface JobState extends Omit<JobUpdate, 'id'> {
  /** Where the output is that was too large for the record. Ours alone: clients are told that it is omitted. */
  readonly outputRef?: PayloadPointer
  /**
   * Runs of the present attempt that were recorded as begun and never heard of again, the one that is recorded
   * at the moment not counted. Ours alone: neither pushed nor read by clients.
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

/** A change to apply to whatever state is stored by then. */
export type Change = (state: JobState) => Transition

/** The state of a job that was just submitted. */
export const PENDING: JobState = { version: 1, status: 'pending', attempts: 0 }

/** A run of a job, as its transitions see it. */
export interface Run {
  readonly startedAt: number
  /** What the task has told last. */
  readonly progress?: JobProgress | undefined
}

/** A run that is under way: begun, or further than before. Also from `running`: an earlier worker may have crashed. */
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

/** The job has failed for good. `startedAt` is absent where no run was seen, as for a dead letter. */
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

/** The job has failed without any run, because it came to none in time or to none that can be counted. */
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

/** The job has failed because it had not started in time. Refused where another message of it has, by now. */
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
