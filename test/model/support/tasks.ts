import { setTimeout } from 'node:timers/promises'
import { defineTask } from '@jobwire/sdk/task'

/** Writes a line to the log for each run, so that runs can be counted from outside. */
function ran(jobId: string): void {
  console.log(`ran:${jobId}`)
}

/** Longer than a job may run without being shown as running. */
const SLOW_MS = 280

/** Long enough that two of them could overlap. */
const SHORT_MS = 20

export const tasks = {
  noop: defineTask({ run: () => null }),

  /** Returns another output at each run. */
  value: defineTask({
    run: (_input: unknown, { jobId }) => {
      ran(jobId)
      return crypto.randomUUID()
    },
  }),

  slow: defineTask({
    run: async (_input: unknown, { jobId }) => {
      ran(jobId)
      await setTimeout(SLOW_MS)
      return crypto.randomUUID()
    },
  }),

  /** Runs one at a time. */
  limited: defineTask({
    run: async (_input: unknown, { jobId }) => {
      ran(jobId)
      await setTimeout(SHORT_MS)
      return crypto.randomUUID()
    },
    concurrency: { limit: 1 },
    timeout: '2s',
  }),

  /** Fails in its first run, and succeeds in its second. */
  flaky: defineTask({
    run: (_input: unknown, { jobId, attempt }) => {
      ran(jobId)
      if (attempt === 1) throw Object.assign(new Error('Not yet.'), { code: 'NOT_YET' })
      return crypto.randomUUID()
    },
    attempts: 3,
    backoff: { initial: '2s' },
  }),

  broken: defineTask({
    run: (_input: unknown, { jobId }): never => {
      ran(jobId)
      throw Object.assign(new Error(`Broken in run ${crypto.randomUUID()}.`), { code: 'BROKEN', retryable: false })
    },
  }),
}
