import type { Log } from '../kit/log.ts'
import type { JobInBatch } from '../batch/look-up-batch.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { LongDelay } from '../queue/long-delay.ts'
import type { PutBack } from '../batch/put-back.ts'
import { hasNeverStarted } from '../batch/triage.ts'

/** Of the time that a job has waited, so much more until it asks again: who waits for long adds little by asking late. */
const SHARE = 0.2
const SHORTEST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 5 * 60_000
/** A message is replaced when so much of its receives or of its time in the queue is used up. */
const WORN = { receives: 0.75, age: 0.5 }

export interface WaitPorts {
  readonly longDelay: LongDelay
  readonly clock: Clock
  readonly log: Log
  /** From 0 to 1, for jitter. */
  readonly random: () => number
  /** How long a queue keeps a message, and how often it gives it out. */
  readonly retentionMs: number
  readonly maxReceives: number
}

/** Has the jobs of a batch come again that got no slot. No attempt is counted, and nothing is written. */
export interface WaitingRoom {
  add(job: JobInBatch): void
  /** Resolves once all that was added comes again. */
  done(): Promise<void>
}

export function createWaitingRoom(ports: WaitPorts, putBack: PutBack): WaitingRoom {
  const replacements: Promise<void>[] = []
  return {
    add(job) {
      if (isWorn(ports, job)) replacements.push(replace(ports, putBack, job))
      else putBack.add(job.items, nextLook(ports, job))
    },
    async done() {
      await Promise.all(replacements)
    },
  }
}

/** Not after the job's time to start is over, so that it fails by then. */
function nextLook({ clock, random }: WaitPorts, job: JobInBatch): number {
  const now = clock.now()
  const { message, stored } = job
  const waitedMs = now - Math.max(message.createdAt, stored.state.dueAt ?? 0)
  const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, waitedMs * SHARE))
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
 * A message lives for some days and so many receives, a job may wait for longer. A new one is sent by a schedule, not
 * by this function: Lambda stops what goes from a queue to a function and back to the queue, sixteen times in all.
 */
async function replace({ longDelay, clock, log }: WaitPorts, putBack: PutBack, job: JobInBatch): Promise<void> {
  const { message, items } = job
  const dueAt = clock.now() + LONGEST_WAIT_MS
  const unsent = await longDelay.sendLater([{ message, dueAt }])
  if (unsent.length > 0) {
    log('warn', 'The message of a waiting job could not be replaced; it is tried again.', { jobId: message.id })
    putBack.add(items, dueAt)
  }
}
