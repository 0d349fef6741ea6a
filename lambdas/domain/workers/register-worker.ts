import type { TaskMap } from '../../../protocol/job/task.ts'
import type { WorkerInfo } from '../../../protocol/workers/worker.ts'
import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'
import { DEFAULT_QUEUE } from '../../../protocol/job/queue-name.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { WorkerRegistry } from './worker-registry.ts'

/** The shortest time between two registrations of a worker. */
const REGISTER_EVERY_MS = 60_000
/** Lambda keeps an idle environment for minutes, in which the worker must stay in the list. */
const LEASE_MS = 15 * 60_000
/** The longest wait for the registry. */
const GIVE_UP_MS = 3_000

export interface PresencePorts {
  readonly workers: WorkerRegistry
  readonly clock: Clock
  readonly log: Log
}

/** The part of a worker's entry that never changes. */
export type WorkerFacts = Pick<WorkerInfo, 'id' | 'kind' | 'queue' | 'tasks' | 'metadata'>

/** Keeps a worker in the registry while it has work. */
export interface Presence {
  /**
   * Does the work of a batch, and keeps the worker registered meanwhile. The work neither waits for the registry nor
   * learns of its failures. Only the end of the whole batch waits for it: for seconds at most, and never beyond
   * `deadline` (epoch ms).
   */
  during<Result>(batch: BatchTaken, work: () => Promise<Result>): Promise<Result>
}

export interface BatchTaken {
  readonly jobs: number
  readonly deadline: number
}

/** Creates the presence of this worker, which begins now. A process has one. */
export function createPresence({ workers, clock, log }: PresencePorts, facts: WorkerFacts): Presence {
  const startedAt = clock.now()
  let lastClaimAt = startedAt
  let claims = 0
  let lastTriedAt = -Infinity

  async function register(deadline: number): Promise<void> {
    const now = clock.now()
    const giveUp = new AbortController()
    const cancel = clock.after(Math.min(GIVE_UP_MS, deadline - now), () => giveUp.abort())
    const times = { startedAt, lastSeenAt: now, lastClaimAt, expiresAt: now + LEASE_MS }
    lastTriedAt = now
    try {
      await workers.register({ ...facts, ...times, claims }, giveUp.signal)
    } catch (error) {
      log('warn', 'This worker could not be registered. It may be missing from the list of workers for a minute.', {
        workerId: facts.id,
        ...errorFields(error),
      })
    } finally {
      cancel()
    }
  }

  return {
    async during({ jobs, deadline }, work) {
      if (jobs > 0) lastClaimAt = clock.now()
      claims += jobs
      let registering: Promise<void> | undefined
      let cancelBeat: (() => void) | undefined
      const beat = (): void => {
        const waitMs = lastTriedAt + REGISTER_EVERY_MS - clock.now()
        if (waitMs <= 0 && clock.now() < deadline) registering = register(deadline)
        cancelBeat = clock.after(waitMs > 0 ? waitMs : REGISTER_EVERY_MS, beat)
      }
      // The work begins first, so that its calls do not wait behind this one.
      const working = work()
      beat()
      try {
        return await working
      } finally {
        // Between two batches Lambda freezes the process: a call under way would break, or end much later.
        cancelBeat?.()
        await registering
      }
    },
  }
}

/** The names of the tasks that a lane runs, sorted. */
export function tasksOfQueue(tasks: TaskMap, queue: string): string[] {
  const own = Object.entries(tasks).filter(([, task]) => (task.queue ?? DEFAULT_QUEUE) === queue)
  return own.map(([name]) => name).sort()
}
