import type { Presence } from '../../../lambdas/domain/workers/register-worker.ts'
import type { WorkerPages, WorkerRegistry } from '../../../lambdas/domain/workers/worker-registry.ts'
import type { WorkersQuery } from '../../../protocol/workers/parse-worker.ts'
import type { WorkerInfo, WorkersAnswer } from '../../../protocol/workers/worker.ts'

/** The workers in memory. A page skips those in `gone`. */
export class MemoryWorkers implements WorkerRegistry, WorkerPages {
  readonly stored = new Map<string, WorkerInfo>()
  readonly registered: WorkerInfo[] = []
  readonly gone = new Set<string>()
  readonly pages: WorkersQuery[] = []
  /** A registration waits for this promise, but only until its signal aborts. */
  answer: () => Promise<void> = () => Promise.resolve()

  async register(worker: WorkerInfo, signal: AbortSignal): Promise<void> {
    this.registered.push(worker)
    const aborted = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(new Error('Request aborted'))),
    )
    await Promise.race([this.answer(), aborted])
    this.stored.set(worker.id, worker)
  }

  async page(query: WorkersQuery): Promise<WorkersAnswer> {
    this.pages.push(query)
    const { queue, after = '', limit } = query
    const ahead = [...this.stored.values()]
      .filter((worker) => worker.id > after && (queue === undefined || worker.queue === queue))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
    const looked = ahead.slice(0, limit)
    const workers = looked.filter(({ id }) => !this.gone.has(id))
    return ahead.length > limit ? { workers, next: looked.at(-1)!.id } : { workers }
  }
}

/** A worker that is not registered. */
export const unregistered: Presence = { during: (_batch, work) => work() }

export function workerOf(id: string, overrides: Partial<WorkerInfo> = {}): WorkerInfo {
  const startedAt = Date.UTC(2026, 0, 1)
  return {
    id,
    kind: 'lambda',
    queue: id.split(':')[0]!,
    tasks: ['echo'],
    startedAt,
    lastSeenAt: startedAt,
    lastClaimAt: startedAt,
    claims: 1,
    metadata: { region: 'us-east-1' },
    expiresAt: startedAt + 900_000,
    ...overrides,
  }
}
