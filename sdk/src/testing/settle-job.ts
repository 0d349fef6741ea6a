import { applyFailure, applyStart, applySuccess } from '../../../lambdas/domain/job/job-state.ts'
import { readProgress } from '../../../lambdas/domain/run/read-progress.ts'
import type { JobProgress, JobUpdate, Json } from '../../../protocol/job/job.ts'
import type { MemoryPlatform } from './platform.ts'
import type { TestOutcome } from './testing-types.ts'

/** Ends a job as its task would. */
export function settleJob(
  platform: MemoryPlatform,
  now: number,
  id: string,
  { error, output }: TestOutcome & { readonly output?: unknown },
): JobUpdate {
  return platform.change(id, ({ state }) => {
    const { startedAt = now, progress } = state
    const times = { startedAt, progress, finishedAt: now }
    if (error !== undefined) {
      return applyFailure(state, {
        ...times,
        error: { message: 'The test lets the job fail.', retryable: false, ...error },
      })
    }
    return applySuccess(state, { ...times, output: JSON.parse(JSON.stringify(output ?? null)) as Json })
  })
}

/** Stores and pushes progress as a task would, but at once. */
export function tellProgress(platform: MemoryPlatform, now: number, id: string, told: JobProgress): JobUpdate {
  const progress = readProgress(told)
  return platform.change(id, ({ state }) => applyStart(state, { startedAt: state.startedAt ?? now, progress }))
}
