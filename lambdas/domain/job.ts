import type { JobFailure, JobUpdate, Json } from '../../protocol/job.ts'
import { isTerminal } from '../../protocol/job.ts'

/** The part of a record that changes. Replaced whole, on the condition of its version. */
export type JobState = Omit<JobUpdate, 'id' | 'outputOmitted'>

/** The next state; or a refusal, because the present one is terminal and never changes. */
export type Transition =
  | { readonly ok: true; readonly state: JobState }
  | { readonly ok: false; readonly refusal: 'already-terminal' }

/** A change to apply to whatever state is stored by then. */
export type Change = (state: JobState) => Transition

/** The state of a job that was just submitted. */
export const PENDING: JobState = { version: 1, status: 'pending', attempts: 0 }

/** A run has begun. Also from `running`: the worker of an earlier run may have crashed. */
export function start(state: JobState, { startedAt }: { startedAt: number }): Transition {
  return advance(state, { status: 'running', attempts: state.attempts, startedAt })
}

export function succeed(
  state: JobState,
  { output, startedAt, finishedAt }: { output: Json; startedAt: number; finishedAt: number },
): Transition {
  return advance(state, { status: 'success', attempts: state.attempts, output, startedAt, finishedAt })
}

/** The job has failed for good. `startedAt` is absent where no run was seen, as for a dead letter. */
export function fail(
  state: JobState,
  { error, startedAt, finishedAt }: { error: JobFailure; startedAt?: number; finishedAt: number },
): Transition {
  const began = startedAt ?? state.startedAt
  const times = began === undefined ? { finishedAt } : { startedAt: began, finishedAt }
  return advance(state, { status: 'failed', attempts: state.attempts + 1, error, ...times })
}

export function cancel(state: JobState, { finishedAt }: { finishedAt: number }): Transition {
  const times = state.startedAt === undefined ? { finishedAt } : { startedAt: state.startedAt, finishedAt }
  return advance(state, { status: 'cancelled', attempts: state.attempts, ...times })
}

function advance(state: JobState, next: Omit<JobState, 'version'>): Transition {
  if (isTerminal(state.status)) return { ok: false, refusal: 'already-terminal' }
  return { ok: true, state: { version: state.version + 1, ...next } }
}
