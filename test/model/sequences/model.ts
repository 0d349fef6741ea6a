import type { JobRecord, JobUpdate } from '../../../protocol/job/job.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import { DELAY_MS, type Task } from './sequence.ts'

/** What one observer was told of one job. */
export interface Observation {
  /** A client's session, or `rest`. */
  readonly observer: string
  readonly update: JobUpdate
}

/** All that a sequence knows of one of its jobs. */
export interface JobHistory {
  readonly id: string
  readonly task: Task
  /** A submit of it was acknowledged. */
  acknowledged: boolean
  cancelAsked: boolean
  /** What has failed or was cancelled may begin another life. */
  rerunAsked: boolean
  readonly delayed: boolean
}

export interface Violation {
  readonly invariant: string
  readonly what: string
}

/**
 * How often functions must have been killed, by whichever sequence, for a job to be given up: jobs of several share
 * batches, and one that runs alone may still share its invocation with another's push.
 */
const CRASHES_TO_GIVE_UP = 3

/** Returns true if a job of this kind may end so: section 4 of docs/design.md. */
export function mayEndAs(job: JobHistory, { status, error }: JobUpdate, crashes: number): boolean {
  if (status === 'cancelled') return job.cancelAsked
  if (error?.code === 'WORKER_CRASHED') return crashes >= CRASHES_TO_GIVE_UP
  if (job.task === 'external') return true
  return job.task === 'broken' ? status === 'failed' && error?.code === 'BROKEN' : status === 'success'
}

/** I2: a terminal state never changes, but for one that was asked to run again, which no success does. */
function mayLiveOn(job: JobHistory, { status }: JobUpdate): boolean {
  return job.rerunAsked && (status === 'failed' || status === 'cancelled')
}

/** I1, I2, I4: of everything that was seen, and of what is stored in the end. */
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
  }
  return violations
}

/** What a job's own policy asks of its end. */
function* ownProblems({ task, delayed, rerunAsked }: JobHistory, final: JobRecord): Generator<string> {
  const { status, attempts, startedAt, createdAt } = final
  if (task === 'flaky' && status === 'success' && attempts !== 1) yield `succeeded after ${attempts} failed attempts`
  // A retry by its route begins at once.
  const dueAt = delayed && !rerunAsked ? createdAt + DELAY_MS : createdAt
  if (startedAt !== undefined && startedAt < dueAt) yield `began ${dueAt - startedAt} ms before it was due`
}

/** Updates may come twice and in any order: the version tells what is news. */
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

/** What a change is by: its version, its state and what came of it. */
export function describe({ version, status, output, error }: JobUpdate): string {
  return `v${version} ${status} ${JSON.stringify(output ?? error?.message ?? null)}`
}
