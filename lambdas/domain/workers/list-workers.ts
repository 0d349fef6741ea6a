import type { WorkersQuery } from '../../../protocol/workers/parse-worker.ts'
import type { WorkerInfo, WorkersAnswer } from '../../../protocol/workers/worker.ts'
import type { WorkerPages } from './worker-registry.ts'

/** The most reads for one page, each of at most 1 MB: an answer has room for that. */
const MOST_READS = 3

/** Returns a page of the workers. If many of them are gone, it may be short or empty and still have a `next`. */
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
