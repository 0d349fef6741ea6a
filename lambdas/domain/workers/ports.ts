import type { WorkersQuery } from '../../../protocol/workers/parse-worker.ts'
import type { WorkerInfo, WorkersAnswer } from '../../../protocol/workers/worker.ts'

/** Where workers make themselves known. */
export interface WorkerRegistry {
  /** Stores what the worker is now in place of what it was. Rejects once the signal aborts. */
  register(worker: WorkerInfo, signal: AbortSignal): Promise<void>
}

/** The registered workers. One whose lease is over by our own clock is never returned. */
export interface WorkerPages {
  /**
   * Looks at up to `limit` entries, in the order of the ids, from behind `after` on. Those that it returns may be
   * fewer, or none, and there may still be more: `next` says so.
   */
  page(query: WorkersQuery): Promise<WorkersAnswer>
}
