import type { Clock } from '../../../protocol/kit/clock.ts'
import type { PutBack } from '../batch/put-back.ts'
import type { JobToRun } from '../batch/triage.ts'
import { hasNeverStarted, lostRunOf } from '../batch/triage.ts'

/** This part of the time that a job has waited is its next wait: after a long wait, a late look adds little. */
const WAIT_SHARE = 0.2
const SHORTEST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 5 * 60_000

export interface WaitPorts {
  readonly clock: Clock
  /** From 0 to 1, for jitter. */
  readonly random: () => number
}

/** Has a job without a slot come again. No attempt is counted, and nothing is written. */
export function waitForSlot(ports: WaitPorts, putBack: PutBack, job: JobToRun): void {
  putBack.later(job.items, nextLookAt(ports, job), lostRunOf(job))
}

/** A job that must start by a time is looked at when that time is over, so that it fails then. */
function nextLookAt({ clock, random }: WaitPorts, job: JobToRun): number {
  const now = clock.now()
  const { message, stored } = job
  const waitedMs = now - Math.max(message.createdAt, stored.state.dueAt ?? 0)
  const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, waitedMs * WAIT_SHARE))
  const dueAt = now + (waitMs * (1 + random())) / 2
  if (message.startBy === undefined || !hasNeverStarted(stored)) return dueAt
  return Math.min(dueAt, message.startBy + 1)
}
