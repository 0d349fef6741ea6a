import { setTimeout } from 'node:timers/promises'
import { defineTask } from '@jobwire/sdk/task'

/** What the model's jobs run. Each run leaves a line in the log, so that runs can be counted from outside. */
function ran(jobId: string): void {
  console.log(`ran:${jobId}`)
}

/** Longer than a job may take without being shown as running. */
const SLOW_MS = 280

export const tasks = {
  noop: defineTask({ run: () => null }),

  /** Another output at each run. */
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

  broken: defineTask({
    run: (_input: unknown, { jobId }): never => {
      ran(jobId)
      throw Object.assign(new Error(`Broken in run ${crypto.randomUUID()}.`), { code: 'BROKEN', retryable: false })
    },
  }),
}
