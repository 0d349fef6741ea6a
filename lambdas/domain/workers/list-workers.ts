import type { WorkersQuery } from '../../../protocol/workers/parse-worker.ts'
import type { WorkerInfo, WorkersAnswer } from '../../../protocol/workers/worker.ts'
import type { WorkerPages } from './worker-registry.ts'

/** One page reads no more often than this, each time at most 1 MB: an answer has room for that. */
const MOST_READS = 3

/** A page of the workers. It may be short, or empty, and still have a `next`, where it met many that are gone. */
export async function listWorkers(
  { workers: pages }: { readonly workers: WorkerPages },
  { limit, ...query }: WorkersQuery,
): Promise<WorkersAnswer> {
  const workers: WorkerInfo[] = []
  let next: string | undefined
  for (let reads = 0; reads < MOST_READS && workers.length < limit; reads++) {
    const after = next ?? query.after
    const page = await pages.page({
      ...query,
      ...(after === undefined ? {} : { after }),
      limit: limit - workers.length,
    })
    workers.push(...page.workers)
    next = page.next
    if (next === undefined) break
  }
  return next === undefined ? { workers } : { workers, next }
}
