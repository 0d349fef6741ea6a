import type { NewJob } from '../../../lambdas/domain/job/stored-job.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'

export const HOUR = 3_600_000

/** Returns a function that makes jobs of different ids, as they are before their submit. */
export function jobMaker(clock: Clock, prefix = 'job'): (overrides?: Partial<NewJob>) => NewJob {
  let made = 0
  return (overrides = {}) => {
    const createdAt = clock.now()
    return {
      id: `${prefix}-${made++}`,
      namespace: 'acme',
      task: 'echo',
      input: { n: 1, text: 'ä' },
      priority: 'normal',
      queue: 'default',
      createdAt,
      // The table keeps whole seconds.
      expiresAt: Math.ceil((createdAt + HOUR) / 1_000) * 1_000,
      ...overrides,
    }
  }
}
