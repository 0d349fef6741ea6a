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
  /** The latest run that is on record. Ours alone, and gone once the job has ended. */
  readonly run?: RecordedRun
  /** When a resubmit's message asked for the job first (epoch ms). Ours alone. */
  readonly rescueAt?: number
}

/**
 * A run that is on record. Whoever begins a run beside which another one is possible stores this first, on the
 * condition that the run before it is still the latest: that is its claim to the job.
 */
export interface RecordedRun {
  /** Grows by one with each run of a life. A change that is about an earlier run is refused. */
  readonly no: number
  /** The message that the run was begun for, by the name that its queue gave it. */
  readonly message: string
  /** The job's first message, if the run was begun for a later one. */
  readonly origin?: string
  /** True for a run that no other job ran beside. */
  readonly alone?: true
  /** The slot that the run's worker holds because it runs suspects. If the run is lost, nobody else gives it back. */
  readonly turn?: string
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
  /** Absent for a run that nothing else can run beside, as in the memory of a test. */
  readonly run?: RecordedRun | undefined
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
  { run, startedAt, progress, attempt, lostRuns }: Run & { readonly attempt?: number; readonly lostRuns?: number },
): Transition {
  if (isTerminal(state.status)) return refuseTransition('already-terminal')
  if (attempt !== undefined && state.attempts !== attempt - 1) return refuseTransition('superseded')
  if (!isLatest(state, { run, startedAt })) return refuseTransition('superseded')
  return nextTransition(state, {
    status: 'running',
    attempts: state.attempts,
    startedAt,
    ...progressField(progress),
    ...(lostRuns === undefined || lostRuns === 0 ? {} : { lostRuns }),
    ...(run === undefined ? {} : { run }),
  })
}

/**
 * Returns true if no run began after this one: it is on record, or the run before it is. SQS may deliver one message to
 * two workers at once. Their runs have the same number, and the one that is recorded first counts.
 */
function isLatest(
  state: JobState,
  { run, startedAt }: { run?: RecordedRun | undefined; startedAt?: number | undefined },
): boolean {
  if (run === undefined) return true
  const { run: latest, status } = state
  if ((latest?.no ?? 0) === run.no - 1) return true
  if (latest?.no !== run.no || latest.message !== run.message) return false
  return status !== 'running' || startedAt === undefined || state.startedAt === startedAt
}

/** Returns true if the state belongs to this run, and it is under way. */
export function isUnderWay(state: JobState, { run, startedAt }: Run): boolean {
  const { status, run: latest } = state
  return (
    status === 'running' && latest?.no === run?.no && latest?.message === run?.message && state.startedAt === startedAt
  )
}

/** Returns true if the state belongs to a run that began after this one, or beside it and was recorded first. */
export function isOvertaken(state: JobState, run: Pick<Run, 'run' | 'startedAt'>): boolean {
  return state.run !== undefined && !isTerminal(state.status) && !isLatest(state, run)
}

/** A resubmit's message asks for a job that no run is known of. It must wait: the job's own message may be at work. */
export function awaitRescue(state: JobState, rescueAt: number): Transition {
  if (isTerminal(state.status)) return refuseTransition('already-terminal')
  if (!isUnstarted(state) || state.rescueAt !== undefined) return refuseTransition('superseded')
  const { version: _replaced, ...rest } = state
  return nextTransition(state, { ...rest, rescueAt })
}

/** Makes a change that holds only if no run began after the one with this number. */
export function unlessRunAfter(no: number, change: Change): Change {
  return (state) => {
    if (!isTerminal(state.status) && (state.run?.no ?? 0) !== no) return refuseTransition('superseded')
    return change(state)
  }
}

export function applySuccess(
  state: JobState,
  { run, output, startedAt, progress, finishedAt }: Run & { readonly output: Json; readonly finishedAt: number },
): Transition {
  const { attempts } = state
  if (!isTerminal(state.status) && !isLatest(state, { run, startedAt })) return refuseTransition('superseded')
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
  {
    run,
    startedAt,
    attempt,
    error,
    dueAt,
  }: Partial<Run> & { readonly attempt: number; readonly error: JobFailure; readonly dueAt: number },
): Transition {
  if (isTerminal(state.status)) return refuseTransition('already-terminal')
  if (state.attempts !== attempt - 1 || !isLatest(state, { run, startedAt })) return refuseTransition('superseded')
  return nextTransition(state, {
    status: 'pending',
    attempts: attempt,
    error,
    dueAt,
    ...(run === undefined ? {} : { run }),
  })
}

/** A run is on record and was given up before its task began, for want of time: it is no attempt, and no lost run. */
export function applyNoTimeToRun(
  state: JobState,
  { run, startedAt, dueAt }: Run & { readonly dueAt: number },
): Transition {
  if (isTerminal(state.status)) return refuseTransition('already-terminal')
  if (!isLatest(state, { run, startedAt })) return refuseTransition('superseded')
  const { attempts, error, lostRuns } = state
  return nextTransition(state, {
    status: 'pending',
    attempts,
    dueAt,
    ...(error === undefined ? {} : { error }),
    ...(lostRuns === undefined ? {} : { lostRuns }),
    ...(run === undefined ? {} : { run }),
  })
}

/** The job has failed for good. `startedAt` is absent if no run was seen, as for a dead letter. */
export function applyFailure(
  state: JobState,
  {
    run,
    error,
    startedAt,
    progress,
    finishedAt,
  }: Partial<Run> & { readonly error: JobFailure; readonly finishedAt: number },
): Transition {
  if (!isTerminal(state.status) && !isLatest(state, { run, startedAt })) return refuseTransition('superseded')
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

export function isUnstarted({ status, attempts, run, lostRuns = 0 }: JobState): boolean {
  return status === 'pending' && attempts === 0 && lostRuns === 0 && run === undefined
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
