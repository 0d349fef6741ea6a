import type { BatchItem } from '../../../lambdas/domain/batch/job-in-batch.ts'
import type { NewJob } from '../../../lambdas/domain/job/stored-job.ts'
import { runBatch } from '../../../lambdas/domain/run/run-batch.ts'
import type { TaskMap } from '../../../protocol/job/task.ts'
import { createPlatform, itemOf } from './platform.ts'

/** The watcher of the jobs of a batch. */
export const WATCHER = 's@c'

/** The longest run of the lane of these batches. */
export const LONGEST_RUN_MS = 60_000

/** Stores jobs in a new platform. Returns the platform with `run`, which runs their messages as one batch. */
export async function createBatch(tasks: TaskMap, jobs: readonly NewJob[]) {
  const ports = { ...createPlatform(), tasks }
  await ports.store.insert(jobs, WATCHER)
  ports.store.calls.length = 0
  const items = jobs.map((job) => itemOf(job))
  const run = (batch: readonly BatchItem[] = items, timeLeftMs = 60_000): Promise<string[]> =>
    runBatch(ports, batch, { deadline: ports.clock.now() + timeLeftMs, longestRunMs: LONGEST_RUN_MS })
  return { ...ports, items, run }
}
