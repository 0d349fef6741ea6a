import type { JobRecord, JobUpdate } from '../../../protocol/job/job.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import { DELAY_MS, type Task } from './sequence.ts'

/** An update of one job that one observer got. */
export interface Observation {
  /** A client's session, or `rest`. */
  readonly observer: string
  readonly update: JobUpdate
}

/** Everything that a sequence knows about one of its jobs. */
export interface JobHistory {
  readonly id: string
  readonly task: Task
  /** True once a submit of it was acknowledged. */
  acknowledged: boolean
  cancelAsked: boolean
  /** True if another life was asked for. Only a failed or cancelled job may begin one. */
  rerunAsked: boolean
  readonly delayed: boolean
}

export interface Violation {
  readonly invariant: string
  readonly what: string
}

/**
 * The number of times that functions must have been killed, by any sequence, before a job may be given up. Jobs of
 * several sequences share batches, and a job that runs alone may share its invocation with another job's push.
 */
const CRASHES_TO_GIVE_UP = 3

/** Returns true if a job of this kind may end so: section 4 of docs/design.md. */
export function mayEndAs(job: JobHistory, { status, error }: JobUpdate, crashes: number): boolean {
  if (status === 'cancelled') return job.cancelAsked
  if (error?.code === 'WORKER_CRASHED') return crashes >= CRASHES_TO_GIVE_UP
  if (job.task === 'external') return true
  return job.task === 'broken' ? status === 'failed' && error?.code === 'BROKEN' : status === 'success'
}

/** I2: a terminal state never changes, unless the job was asked to run again. A success never does. */
function mayLiveOn(job: JobHistory, { status }: JobUpdate): boolean {
  return job.rerunAsked && (status === 'failed' || status === 'cancelled')
}

/** I1, I2, I4, I10: checks all observations, and the stored record in the end. */
export function checkJob(
  job: JobHistory,
  observations: readonly Observation[],
  final: JobRecord | undefined,
  crashes: number,
): Violation[] {
  const violations: Violation[] = []
  const violate = (invariant: string, what: string): void =>
    void violations.push({ invariant, what: `${job.id}: ${what}` })
  const ended = observations.filter(({ update }) => isTerminal(update.status))

  if (job.acknowledged && final === undefined) violate('I1', 'was acknowledged, and has no record')
  if (job.acknowledged && final !== undefined && !isTerminal(final.status)) {
    violate('I1', `was acknowledged, and is ${final.status} for ever`)
  }
  if (final !== undefined && isTerminal(final.status) && !mayEndAs(job, final, crashes)) {
    violate('I1', `ended as ${describe(final)}, which ${job.task} never does`)
  }
  if (final !== undefined) for (const what of ownProblems(job, final)) violate('I1', what)
  for (const { observer, update } of ended) {
    const isPast = final !== undefined && update.version < final.version && mayLiveOn(job, update)
    if (!isPast && (final === undefined || describe(update) !== describe(final))) {
      violate('I2', `${observer} saw ${describe(update)}, and stored is ${final && describe(final)}`)
    }
  }
  for (const observer of new Set(observations.map((seen) => seen.observer))) {
    const seen = observations.filter((each) => each.observer === observer).map(({ update }) => update)
    for (const what of orderProblems(job, seen)) violate('I4', `${observer} saw ${what}`)
    if (job.task !== 'external') for (const what of overtakenRuns(seen)) violate('I10', `${observer} saw ${what}`)
  }
  return violations
}

/** Checks the record against the job's own policy. */
function* ownProblems({ task, delayed, rerunAsked }: JobHistory, final: JobRecord): Generator<string> {
  const { status, attempts, startedAt, createdAt } = final
  if (task === 'flaky' && status === 'success' && attempts !== 1) yield `succeeded after ${attempts} failed attempts`
  // A retry by its route begins at once.
  const dueAt = delayed && !rerunAsked ? createdAt + DELAY_MS : createdAt
  if (startedAt !== undefined && startedAt < dueAt) yield `began ${dueAt - startedAt} ms before it was due`
}

/** Updates may come twice and in any order. The version tells which one is new. */
function* orderProblems(job: JobHistory, seen: readonly JobUpdate[]): Generator<string> {
  const byVersion = new Map<number, string>()
  const end = seen.find((update) => isTerminal(update.status) && !mayLiveOn(job, update))
  for (const update of seen) {
    const known = byVersion.get(update.version)
    if (known !== undefined && known !== describe(update)) yield `two of one version: ${known} and ${describe(update)}`
    byVersion.set(update.version, describe(update))
    if (end !== undefined && update.version > end.version) yield `${describe(update)} after ${describe(end)}`
  }
}

/** I10: once a run is on record, nothing is stored that an earlier one has to say. */
function* overtakenRuns(seen: readonly JobUpdate[]): Generator<string> {
  const begun = seen.filter(({ startedAt }) => startedAt !== undefined)
  const ordered = begun.toSorted((one, other) => one.version - other.version)
  for (const [index, update] of ordered.entries()) {
    const later = ordered.slice(0, index).find(({ startedAt }) => startedAt! > update.startedAt!)
    if (later !== undefined) yield `${describe(update)} of ${update.startedAt} after a run of ${later.startedAt}`
  }
}

/** Describes an update: its version, its status and its output or error. */
export function describe({ version, status, output, error }: JobUpdate): string {
  return `v${version} ${status} ${JSON.stringify(output ?? error?.message ?? null)}`
}
