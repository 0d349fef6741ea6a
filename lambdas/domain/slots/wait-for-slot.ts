import type { Log } from '../kit/log.ts'
import type { JobInBatch } from '../batch/look-up-batch.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { LongDelay } from '../queue/long-delay.ts'
import type { PutBack } from '../batch/put-back.ts'
import { hasNeverStarted } from '../batch/triage.ts'

/** This part of the time that a job has waited is its next wait: after a long wait, a late look adds little. */
const WAIT_SHARE = 0.2
const SHORTEST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 5 * 60_000
/** A message is replaced when this part of its receives, or of its time in the queue, is used up. */
const WORN = { receives: 0.75, age: 0.5 }

export interface WaitPorts {
  readonly longDelay: LongDelay
  readonly clock: Clock
  readonly log: Log
  /** From 0 to 1, for jitter. */
  readonly random: () => number
  /** A queue keeps a message for this long. */
  readonly retentionMs: number
  /** A queue gives a message out this often. */
  readonly maxReceives: number
}

/** The jobs of a batch that got no slot. They come again; no attempt is counted, and nothing is written. */
export interface WaitingJobs {
  add(job: JobInBatch): void
  /** Resolves once it is sure that every job added comes again. */
  done(): Promise<void>
}

export function createWaitingJobs(ports: WaitPorts, putBack: PutBack): WaitingJobs {
  const replacements: Promise<void>[] = []
  return {
    add(job) {
      if (isWorn(ports, job)) replacements.push(replaceMessage(ports, putBack, job))
      else putBack.add(job.items, nextLookAt(ports, job))
    },
    async done() {
      await Promise.all(replacements)
    },
  }
}

/** A job that must start by a time is looked at when that time is over, so that it fails then. */
function nextLookAt({ clock, random }: WaitPorts, job: JobInBatch): number {
  const now = clock.now()
  const { message, stored } = job
  const waitedMs = now - Math.max(message.createdAt, stored.state.dueAt ?? 0)
  const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, waitedMs * WAIT_SHARE))
  const dueAt = now + (waitMs * (1 + random())) / 2
  if (message.startBy === undefined || !hasNeverStarted(stored)) return dueAt
  return Math.min(dueAt, message.startBy + 1)
}

function isWorn({ clock, retentionMs, maxReceives }: WaitPorts, { items }: JobInBatch): boolean {
  return items.some(
    ({ receives, sentAt }) => receives >= maxReceives * WORN.receives || clock.now() - sentAt >= retentionMs * WORN.age,
  )
}

/**
 * A job may wait for longer than the days and receives that its message has, so a new message is sent. A schedule sends
 * it, not this function: Lambda stops a message that goes from a function back to its queue for the sixteenth time.
 */
async function replaceMessage({ longDelay, clock, log }: WaitPorts, putBack: PutBack, job: JobInBatch): Promise<void> {
  const { message, items } = job
  const dueAt = clock.now() + LONGEST_WAIT_MS
  const unsent = await longDelay.sendLater([{ message, dueAt }])
  if (unsent.length > 0) {
    log('warn', 'The message of a waiting job could not be replaced; it is tried again.', { jobId: message.id })
    putBack.add(items, dueAt)
  }
}
