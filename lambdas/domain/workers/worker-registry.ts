import type { WorkersQuery } from '../../../protocol/workers/parse-worker.ts'
import type { WorkerInfo, WorkersAnswer } from '../../../protocol/workers/worker.ts'

/** Keeps what each worker says of itself. */
export interface WorkerRegistry {
  /** Replaces what is stored of the worker. Rejects once the signal aborts. */
  register(worker: WorkerInfo, signal: AbortSignal): Promise<void>
}

/** Reads the registered workers. One whose lease is over by our own clock is never returned. */
export interface WorkerPages {
  /**
   * Looks at up to `limit` entries, in the order of the ids, beginning after `after`. It may return fewer, or none,
   * and there may still be more: then `next` is set.
   */
  page(query: WorkersQuery): Promise<WorkersAnswer>
}
