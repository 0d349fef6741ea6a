import { setTimeout } from 'node:timers/promises'
import { defineTask } from '@jobwire/sdk/task'

/** Writes lines to the log as each run begins and ends, so that runs can be counted and compared from outside. */
async function told(jobId: string, run: () => unknown): Promise<string> {
  const runId = crypto.randomUUID()
  console.log(`ran:${jobId} ${runId} ${Date.now()}`)
  try {
    await run()
    return crypto.randomUUID()
  } finally {
    console.log(`end:${jobId} ${runId} ${Date.now()}`)
  }
}

/** Longer than a job may run without being shown as running. */
const SLOW_MS = 280

/** Long enough that two of them could overlap. */
const SHORT_MS = 20

/** Long enough that two runs of one job could overlap, even if they do not begin together. */
const RETRIED_MS = 100

export const tasks = {
  noop: defineTask({ run: () => null }),

  /** Returns another output at each run. */
  value: defineTask({ run: (_input: unknown, { jobId }) => told(jobId, () => undefined) }),

  short: defineTask({ run: (_input: unknown, { jobId }) => told(jobId, () => setTimeout(SHORT_MS)) }),

  slow: defineTask({ run: (_input: unknown, { jobId }) => told(jobId, () => setTimeout(SLOW_MS)) }),

  /** Runs one at a time. */
  limited: defineTask({
    run: (_input: unknown, { jobId }) => told(jobId, () => setTimeout(SHORT_MS)),
    concurrency: { limit: 1 },
    timeout: '2s',
  }),

  /** Fails in its first run, and succeeds in its second. */
  flaky: defineTask({
    run: (_input: unknown, { jobId, attempt }) =>
      told(jobId, () => {
        if (attempt === 1) throw Object.assign(new Error('Not yet.'), { code: 'NOT_YET' })
        return setTimeout(RETRIED_MS)
      }),
    attempts: 3,
    backoff: { initial: '2s' },
  }),

  broken: defineTask({
    run: (_input: unknown, { jobId }) =>
      told(jobId, () => {
        throw Object.assign(new Error(`Broken in run ${crypto.randomUUID()}.`), { code: 'BROKEN', retryable: false })
      }),
  }),
}
