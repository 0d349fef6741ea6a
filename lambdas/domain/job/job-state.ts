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

/** A change to apply to whatever state is stored by then. */
export type Change = (state: JobState) => Transition

/** The state of a job that was just submitted. */
export const PENDING: JobState = { version: 1, status: 'pending', attempts: 0 }

/** A run of a job, as its transitions see it. */
export interface Run {
  /** Absent for a run that nothing else can run beside, as in the memory of a test. */
  readonly run?: RecordedRun | undefined
  readonly startedAt: number
  /** What the task has told last. */
  readonly progress?: JobProgress | undefined
}

/** A run that is under way: begun, or further than before. Also from `running`: an earlier worker may have crashed. */
export function start(
  state: JobState,
  { run, startedAt, progress, attempt, lostRuns }: Run & { readonly attempt?: number; readonly lostRuns?: number },
): Transition {
  if (isTerminal(state.status)) return refused('already-terminal')
  if (attempt !== undefined && state.attempts !== attempt - 1) return refused('superseded')
  if (!isLatest(state, { run, startedAt })) return refused('superseded')
  return advance(state, {
    status: 'running',
    attempts: state.attempts,
    startedAt,
    ...progressOf(progress),
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
  if (isTerminal(state.status)) return refused('already-terminal')
  if (!isUnstarted(state) || state.rescueAt !== undefined) return refused('superseded')
  const { version: _replaced, ...rest } = state
  return advance(state, { ...rest, rescueAt })
}

/** Makes a change that holds only if no run began after the one with this number. */
export function unlessRunAfter(no: number, change: Change): Change {
  return (state) => {
    if (!isTerminal(state.status) && (state.run?.no ?? 0) !== no) return refused('superseded')
    return change(state)
  }
}

export function succeed(
  state: JobState,
  { run, output, startedAt, progress, finishedAt }: Run & { readonly output: Json; readonly finishedAt: number },
): Transition {
  const { attempts } = state
  if (!isTerminal(state.status) && !isLatest(state, { run, startedAt })) return refused('superseded')
  return advance(state, { status: 'success', attempts, output, startedAt, finishedAt, ...progressOf(progress) })
}

/** A failed attempt that is not the last one: the job waits for the next, which is due at `dueAt`. */
export function failAttempt(
  state: JobState,
  {
    run,
    startedAt,
    attempt,
    error,
    dueAt,
  }: Partial<Run> & { readonly attempt: number; readonly error: JobFailure; readonly dueAt: number },
): Transition {
  if (isTerminal(state.status)) return refused('already-terminal')
  if (state.attempts !== attempt - 1 || !isLatest(state, { run, startedAt })) return refused('superseded')
  return advance(state, { status: 'pending', attempts: attempt, error, dueAt, ...(run === undefined ? {} : { run }) })
}

/** The job has failed for good. `startedAt` is absent where no run was seen, as for a dead letter. */
export function fail(
  state: JobState,
  {
    run,
    error,
    startedAt,
    progress,
    finishedAt,
  }: Partial<Run> & { readonly error: JobFailure; readonly finishedAt: number },
): Transition {
  if (!isTerminal(state.status) && !isLatest(state, { run, startedAt })) return refused('superseded')
  const attempts = state.attempts + 1
  return advance(state, { status: 'failed', attempts, error, ...endOf(state, { startedAt, progress, finishedAt }) })
}

/** The job has failed without any run, because it came to none in time or to none that can be counted. */
export function failUnrun(
  state: JobState,
  { error, finishedAt }: { readonly error: JobFailure; readonly finishedAt: number },
): Transition {
  return advance(state, { status: 'failed', attempts: state.attempts, error, ...endOf(state, { finishedAt }) })
}

/** The job has failed because it had not started in time. Refused where another message of it has, by now. */
export function failUnstarted(
  state: JobState,
  end: { readonly error: JobFailure; readonly finishedAt: number },
): Transition {
  if (!isTerminal(state.status) && !isUnstarted(state)) return refused('superseded')
  return failUnrun(state, end)
}

export function isUnstarted({ status, attempts, run, lostRuns = 0 }: JobState): boolean {
  return status === 'pending' && attempts === 0 && lostRuns === 0 && run === undefined
}

export function cancel(state: JobState, { finishedAt }: { readonly finishedAt: number }): Transition {
  return advance(state, { status: 'cancelled', attempts: state.attempts, ...endOf(state, { finishedAt }) })
}

function endOf(
  state: JobState,
  {
    startedAt = state.startedAt,
    progress = state.progress,
    finishedAt,
  }: { startedAt?: number | undefined; progress?: JobProgress | undefined; finishedAt: number },
): Pick<JobState, 'startedAt' | 'finishedAt' | 'progress'> {
  return { ...(startedAt === undefined ? {} : { startedAt }), finishedAt, ...progressOf(progress) }
}

function progressOf(progress: JobProgress | undefined): { progress?: JobProgress } {
  return progress === undefined ? {} : { progress }
}

function advance(state: JobState, next: Omit<JobState, 'version'>): Transition {
  if (isTerminal(state.status)) return refused('already-terminal')
  return { ok: true, state: { version: state.version + 1, ...next } }
}

function refused(refusal: 'already-terminal' | 'superseded'): Transition {
  return { ok: false, refusal }
}
