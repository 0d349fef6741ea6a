import { fail, start, succeed } from '../../lambdas/domain/job.ts'
import { readProgress } from '../../lambdas/domain/read-progress.ts'
import type { JobFailure, JobProgress, JobUpdate, Json } from '../../protocol/job.ts'
import type { MemoryPlatform } from './memory-platform.ts'

/**
 * How a test ends a job by hand.
 *
 * @example
 * const outcome: TestOutcome = { error: { code: 'CARD_DECLINED', message: 'Ask for another card.' } }
 */
export type TestOutcome =
  | { readonly output?: unknown; readonly error?: undefined }
  | { readonly error: Partial<JobFailure> & { readonly code: string } }

/** Ends a job as its task would. */
export function settle(
  platform: MemoryPlatform,
  now: number,
  id: string,
  { error, output }: TestOutcome & { readonly output?: unknown },
): JobUpdate {
  return platform.change(id, ({ state }) => {
    const { startedAt = now, progress } = state
    const times = { startedAt, progress, finishedAt: now }
    if (error !== undefined) {
      return fail(state, { ...times, error: { message: 'The test lets the job fail.', retryable: false, ...error } })
    }
    return succeed(state, { ...times, output: JSON.parse(JSON.stringify(output ?? null)) as Json })
  })
}

/** Tells of progress as a task would, but at once. */
export function tellProgress(platform: MemoryPlatform, now: number, id: string, told: JobProgress): JobUpdate {
  const progress = readProgress(told)
  return platform.change(id, ({ state }) => start(state, { startedAt: state.startedAt ?? now, progress }))
}
