import type { LostRun } from '../../../protocol/job/queue-message.ts'
import { isUnstarted } from '../job/job-state.ts'
import { firstOf, judgeMessage } from './judge-message.ts'
import type { JobInBatch } from './job-in-batch.ts'

/** A job that has crashed its worker so often is a poison, if it ran alone in the last crash. */
const MAX_CRASHES = 3
/** SQS counts in whole seconds, and clocks differ. */
const EARLY_MS = 1_000
/** A suspect that was sent again so often because it could not run yet goes before all other jobs. */
const MAX_WAITS = 8

/** A job that is to run now. */
export interface JobToRun extends JobInBatch {
  /** The number of its runs that were recorded as begun, and whose outcome never came. */
  readonly lostRuns: number
  /** Receives of its message that left nothing on record. */
  readonly unrecorded: number
  /** True if another run of it is possible: then this one is recorded before it begins. */
  readonly claims: boolean
  /** True for a suspect that nothing else runs beside. */
  readonly alone: boolean
  /** The slot that its worker holds to run suspects. */
  readonly turn?: string
}

/** A message of a resubmit, of a job that no run is known of. */
export interface JobToRescue extends JobInBatch {
  /** When the message may run the job (epoch ms), if nothing else has by then. */
  readonly dueAt: number
}

export interface Triage {
  /** Not due yet. */
  readonly early: readonly JobInBatch[]
  /** It is too late to run them: the time to start is over, or the record has expired. */
  readonly expired: readonly JobInBatch[]
  /** Jobs that have proved to crash their workers. */
  readonly poisonous: readonly JobInBatch[]
  /** Jobs whose run may still go on. */
  readonly occupied: readonly JobInBatch[]
  readonly rescues: readonly JobToRescue[]
  /** Jobs that run side by side. */
  readonly together: readonly JobToRun[]
  /** Jobs that have lost a run. Phases run one after the other, and the jobs of one phase side by side. */
  readonly suspects: readonly (readonly JobToRun[])[]
}

/**
 * Decides which jobs of a batch run, and in which order, so that a job that crashes its worker is found. A crash takes
 * the whole batch down, so it makes every job of the batch a suspect. After one crash a suspect runs beside other
 * suspects. After two it runs alone. A job that then crashes its worker for the third time, alone, is the culprit.
 * Messages that nobody needs, because another one carries the job, are in none of the lists.
 */
export function triage(jobs: readonly JobInBatch[], now: number, longestRunMs: number): Triage {
  const early: JobInBatch[] = []
  const expired: JobInBatch[] = []
  const poisonous: JobInBatch[] = []
  const occupied: JobInBatch[] = []
  const rescues: JobToRescue[] = []
  const together: JobToRun[] = []
  const suspects: JobToRun[] = []
  for (const job of jobs) {
    const { message } = job
    const { state } = job.stored
    const judgement = judgeMessage(job, now, longestRunMs)
    if (judgement.kind === 'spare') continue
    if (judgement.kind === 'occupied') occupied.push(job)
    else if (judgement.kind === 'run' && message.expiresAt <= now) expired.push(job)
    else if (state.dueAt !== undefined && state.dueAt - now > EARLY_MS) early.push(job)
    // Not failed yet, however late it is: the job's own message may have begun a run in time.
    else if (judgement.kind === 'rescue') rescues.push({ ...job, dueAt: judgement.dueAt })
    else if (isTooLateToStart(job, now)) expired.push(job)
    else {
      const crashes = countCrashes(judgement)
      const toRun = { ...job, ...judgement, alone: judgement.lostRuns > 0 && crashes >= MAX_CRASHES - 1 }
      if (crashes >= MAX_CRASHES && state.run?.alone === true) poisonous.push(job)
      else (judgement.lostRuns > 0 ? suspects : together).push(toRun)
    }
  }
  return { early, expired, poisonous, occupied, rescues, together, suspects: phasesOf(suspects) }
}

/** Those that have waited for long go first. Of each kind, some may run side by side, and then one after the other. */
function phasesOf(suspects: readonly JobToRun[]): (readonly JobToRun[])[] {
  const overdue = suspects.filter(isOverdue)
  const others = suspects.filter((job) => !overdue.includes(job))
  const phases = [overdue, others].flatMap((jobs) => {
    const alone = jobs.filter((job) => job.alone).sort((one, other) => one.lostRuns - other.lostRuns)
    return [jobs.filter((job) => !job.alone), ...alone.map((job) => [job])]
  })
  return phases.filter((phase) => phase.length > 0)
}

/** Returns true for a suspect that has waited for long. */
export function isOverdue(job: JobToRun): boolean {
  return waitsOf(job) >= MAX_WAITS
}

/** Counts how often a suspect was sent again because it could not run yet. */
export function waitsOf(job: JobToRun): number {
  return firstOf(job).message.lost?.waits ?? 0
}

/**
 * Makes the part of a suspect's new message that says what the old one knew of its lost run. Without it the search for
 * the culprit would begin anew. Returns undefined for a job that has lost no run.
 */
export function lostRunOf(job: JobToRun): LostRun | undefined {
  if (job.lostRuns === 0) return undefined
  return { run: job.stored.state.run?.no ?? 0, receives: job.unrecorded, waits: waitsOf(job) + 1 }
}

/**
 * A run that crashed before its beginning was recorded has left a receive and nothing else. One such receive beside
 * the lost runs counts as a crash. If there are more, the function was throttled, and nobody knows which of them was a
 * crash: then only the recorded runs count.
 */
function countCrashes({ lostRuns, unrecorded }: Pick<JobToRun, 'lostRuns' | 'unrecorded'>): number {
  return lostRuns + (unrecorded === 1 ? 1 : 0)
}

function isTooLateToStart({ message, stored }: JobInBatch, now: number): boolean {
  return message.startBy !== undefined && message.startBy < now && hasNeverStarted(stored)
}

export function hasNeverStarted({ state }: JobInBatch['stored']): boolean {
  return isUnstarted(state)
}
