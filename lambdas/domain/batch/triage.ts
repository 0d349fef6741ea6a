import { isUnstarted } from '../job/job-state.ts'
import type { JobInBatch } from './look-up-batch.ts'

/** A job that has crashed its worker so often is a poison. In the last crash at least, it ran alone. */
const MAX_CRASHES = 3
/** SQS counts in whole seconds, and clocks differ. */
const EARLY_MS = 1_000
/** A job that was put back so often because no time was left runs before the others. */
const MAX_POSTPONEMENTS = 8

/** A job that is to run now. */
export interface JobToRun extends JobInBatch {
  /** The number of its runs that were recorded as begun, and whose outcome never came. */
  readonly lostRuns: number
  /** True if an earlier run may have crashed its worker: then `running` is stored before this one begins. */
  readonly suspect: boolean
}

export interface Triage {
  /** Not due yet. */
  readonly early: readonly JobInBatch[]
  /** It is too late to run them: the time to start is over, or the record has expired. */
  readonly expired: readonly JobInBatch[]
  /** Jobs that have proved to crash their workers. */
  readonly poisonous: readonly JobInBatch[]
  /** Phases run one after the other, and the jobs of one phase side by side. */
  readonly phases: readonly (readonly JobToRun[])[]
}

/**
 * Decides which jobs of a batch run, and in which order, so that a job that crashes its worker is found. A crash takes
 * the whole batch down, so it makes every job of the batch a suspect. So does any receive that left no record, though
 * throttling uses up receives too. For a suspect, `running` is stored before it begins. A suspect that had begun and
 * left no outcome runs alone, when all other jobs are stored. A job that then crashes the worker alone is the culprit.
 */
export function triage(jobs: readonly JobInBatch[], now: number): Triage {
  const early: JobInBatch[] = []
  const expired: JobInBatch[] = []
  const poisonous: JobInBatch[] = []
  const together: JobToRun[] = []
  const alone: JobToRun[] = []
  for (const job of jobs) {
    const { message } = job
    const { state } = job.stored
    const unexplained = unexplainedReceives(job)
    const suspect = unexplained > 0
    const lostRuns = (state.lostRuns ?? 0) + (suspect && state.status === 'running' ? 1 : 0)
    if (message.expiresAt <= now) expired.push(job)
    else if (state.dueAt !== undefined && state.dueAt - now > EARLY_MS) early.push(job)
    else if (isTooLateToStart(job, now)) expired.push(job)
    else if (isPoison(lostRuns, unexplained)) poisonous.push(job)
    else (suspect && lostRuns > 0 ? alone : together).push({ ...job, lostRuns, suspect })
  }
  alone.sort((one, other) => one.lostRuns - other.lostRuns)
  const overdue = alone.filter((job) => unexplainedReceives(job) >= MAX_POSTPONEMENTS)
  const others = alone.filter((job) => !overdue.includes(job))
  const phases = [...overdue.map((job) => [job]), together, ...others.map((job) => [job])]
  return { early, expired, poisonous, phases: phases.filter((phase) => phase.length > 0) }
}

/**
 * A run that crashed before its beginning was recorded has left a receive and nothing else. One such receive beside
 * the lost runs counts as a crash. If there are more, the job has waited for a slot or for time, or was throttled, and
 * nobody knows which of them was a crash: then only the recorded runs count.
 */
function isPoison(lostRuns: number, unexplained: number): boolean {
  const unrecorded = unexplained - lostRuns === 1 ? 1 : 0
  return lostRuns + unrecorded >= MAX_CRASHES
}

/** Counts the receives of a job's message beyond this one and those of its recorded failed attempts. */
export function unexplainedReceives({ items, stored }: JobInBatch): number {
  const receives = Math.max(...items.map((item) => item.receives))
  return Math.max(0, receives - 1 - stored.state.attempts)
}

function isTooLateToStart({ message, stored }: JobInBatch, now: number): boolean {
  return message.startBy !== undefined && message.startBy < now && hasNeverStarted(stored)
}

export function hasNeverStarted({ state }: JobInBatch['stored']): boolean {
  return isUnstarted(state)
}
