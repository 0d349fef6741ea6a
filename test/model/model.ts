import type { JobRecord, JobUpdate } from '../../protocol/job.ts'
import { isTerminal } from '../../protocol/job.ts'
import type { Task } from './sequence.ts'

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
}

export interface Violation {
  readonly invariant: string
  readonly what: string
}

/** How often the function may have been killed, so that giving a job up is no surprise. */
const CRASHES_TO_GIVE_UP = 3

/** Section 4 of the design: what may become of a job of this kind. */
export function mayEndAs(job: JobHistory, { status, error }: JobUpdate, crashes: number): boolean {
  if (status === 'cancelled') return job.cancelAsked
  if (error?.code === 'WORKER_CRASHED') return crashes >= CRASHES_TO_GIVE_UP
  return job.task === 'broken' ? status === 'failed' && error?.code === 'BROKEN' : status === 'success'
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
  for (const { observer, update } of ended) {
    if (final === undefined || describe(update) !== describe(final)) {
      violate('I2', `${observer} saw ${describe(update)}, and stored is ${final && describe(final)}`)
    }
  }
  for (const observer of new Set(observations.map((seen) => seen.observer))) {
    const seen = observations.filter((each) => each.observer === observer).map(({ update }) => update)
    for (const what of orderProblems(seen)) violate('I4', `${observer} saw ${what}`)
  }
  return violations
}

/** Updates may come twice and in any order: the version tells what is news. */
function* orderProblems(seen: readonly JobUpdate[]): Generator<string> {
  const byVersion = new Map<number, string>()
  const end = seen.find(({ status }) => isTerminal(status))
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
