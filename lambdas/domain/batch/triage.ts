import { isUnstarted } from '../job/job-state.ts'
import type { JobInBatch } from './look-up-batch.ts'

/** Crashes that make a job a poison. In the last one at least it was alone. */
const CRASHES_OF_A_POISON = 3
/** SQS counts in whole seconds, and clocks differ. */
const EARLY_MS = 1_000
/** A job that was put back this often for want of time goes before the others. */
const PATIENCE = 8

/** A job that is to run now. */
export interface JobToRun extends JobInBatch {
  /** Runs of it that were recorded as begun and never heard of again. */
  readonly lostRuns: number
  /** Whether its beginning is recorded before it begins, because an earlier one may have crashed its worker. */
  readonly suspect: boolean
}

export interface Triage {
  /** Not due yet. */
  readonly early: readonly JobInBatch[]
  /** Too late for it now: it had to start before, or its record is over. */
  readonly expired: readonly JobInBatch[]
  /** Proven to crash their workers. */
  readonly poisonous: readonly JobInBatch[]
  /** One after the other; the jobs of each run side by side. */
  readonly phases: readonly (readonly JobToRun[])[]
}

/**
 * Decides what becomes of the jobs of a batch. A crash takes a whole batch down, so it is only a suspicion against
 * each job in it, and so is a receive that nothing was recorded of: throttling, too, uses up receives. A suspect's
 * beginning is recorded before it begins; one that had begun and was not heard of runs alone, when everything else
 * is stored. Whoever goes on to crash the worker alone is the culprit.
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
  const impatient = alone.filter((job) => unexplainedReceives(job) >= PATIENCE)
  const patient = alone.filter((job) => !impatient.includes(job))
  const phases = [...impatient.map((job) => [job]), together, ...patient.map((job) => [job])]
  return { early, expired, poisonous, phases: phases.filter((phase) => phase.length > 0) }
}

/**
 * A run that crashed before its beginning was recorded is a receive alone. Where there is just one of those beside the
 * lost runs, it counts; where there are more, the job has waited for a slot or for time, or was throttled, and which of
 * them was a crash is unknown: then only what is on record counts.
 */
function isPoison(lostRuns: number, unexplained: number): boolean {
  const unrecorded = unexplained - lostRuns === 1 ? 1 : 0
  return lostRuns + unrecorded >= CRASHES_OF_A_POISON
}

/** Receives of a job's message beyond this one and those whose failed attempts are on record. */
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
