import { describe, expect, it } from '@jest/globals'
import type { JobLog } from '../../../../lambdas/domain/kit/log.ts'
import { runBatch } from '../../../../lambdas/domain/run/run-batch.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { createBatch, LONGEST_RUN_MS } from '../../fakes/batch.ts'
import { jobOf } from '../../fakes/platform.ts'

const tasks = {
  echo: defineTask({ run: (input: unknown) => input }),
  fail: defineTask({
    run: () => {
      throw Object.assign(new Error('No paper.'), { code: 'OUT_OF_PAPER', retryable: false })
    },
  }),
}

/** Runs one job that succeeds and one that fails. Returns the lines that were logged. */
async function runBoth(jobLog: JobLog | undefined) {
  const batch = await createBatch(tasks, [jobOf('good'), jobOf('bad', 'fail')])
  const ports = jobLog === undefined ? batch : { ...batch, jobLog }
  await runBatch(ports, batch.items, { deadline: batch.clock.now() + 60_000, longestRunMs: LONGEST_RUN_MS })
  return batch.logged.map(([level, message, fields]) => ({ level, message, ...fields }))
}

const FAILED_RUN = { message: 'A run failed.', jobId: 'bad', task: 'fail', attempt: 1, code: 'OUT_OF_PAPER' }
const FAILED = {
  level: 'warn',
  message: 'A job ended.',
  jobId: 'bad',
  namespace: 'acme',
  task: 'fail',
  status: 'failed',
  attempts: 1,
  ranMs: expect.any(Number),
  totalMs: expect.any(Number),
  code: 'OUT_OF_PAPER',
  reason: 'No paper.',
}

describe('the log of jobs', () => {
  it('has a line for each failed run and each job that failed, unless it is asked for more', async () => {
    const lines = await runBoth('failures')
    expect(lines).toEqual([expect.objectContaining(FAILED_RUN), FAILED])
  })

  it('has a line for every job that ended, if it is asked for all', async () => {
    const lines = await runBoth('all')
    expect(lines).toContainEqual(FAILED)
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'info', message: 'A job ended.', jobId: 'good', status: 'success' }),
    )
    expect(lines).toHaveLength(3)
  })

  it('is empty if it is switched off', async () => {
    expect(await runBoth('none')).toEqual([])
  })

  it('has the failed runs alone where the platform runs in memory', async () => {
    expect(await runBoth(undefined)).toEqual([expect.objectContaining(FAILED_RUN)])
  })
})
