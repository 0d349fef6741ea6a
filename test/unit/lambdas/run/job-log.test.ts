import { describe, expect, it } from '@jest/globals'
import type { NewJob } from '../../../../lambdas/domain/job/stored-job.ts'
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
  notYet: defineTask({
    attempts: 2,
    run: () => {
      throw new Error('Not yet.')
    },
  }),
}

/** Runs one job that succeeds and one that fails. Returns the lines that were logged. */
function runBoth(jobLog: JobLog | undefined) {
  return runJobs(jobLog, [jobOf('good'), jobOf('bad', 'fail')])
}

/** Runs a job that fails and has a second attempt. */
function runTwice(jobLog: JobLog) {
  return runJobs(jobLog, [jobOf('again', 'notYet')])
}

async function runJobs(jobLog: JobLog | undefined, jobs: readonly NewJob[]) {
  const batch = await createBatch(tasks, jobs)
  const ports = jobLog === undefined ? batch : { ...batch, jobLog }
  await runBatch(ports, batch.items, { deadline: batch.clock.now() + 60_000, longestRunMs: LONGEST_RUN_MS })
  return batch.logged.map(([level, message, fields]) => ({ level, message, ...fields }))
}

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
  error: 'Error: No paper.',
  stack: expect.stringContaining('job-log.test.ts'),
}

describe('the log of jobs', () => {
  it('has a line for each job that failed, with the stack of its last run, unless it is asked for more', async () => {
    expect(await runBoth('failures')).toEqual([FAILED])
    expect(await runBoth(undefined)).toEqual([FAILED])
  })

  it('has a line for every job that ended, if it is asked for all', async () => {
    const lines = await runBoth('all')
    expect(lines).toContainEqual(FAILED)
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'info', message: 'A job ended.', jobId: 'good', status: 'success' }),
    )
    expect(lines).toHaveLength(2)
  })

  it('has a line for each failed run that is not the last', async () => {
    const [line, ...others] = await runTwice('failures')
    expect(line).toMatchObject({
      level: 'warn',
      message: 'A run failed, and the job runs again.',
      jobId: 'again',
      attempt: 1,
      code: 'TASK_FAILED',
      reason: 'Not yet.',
    })
    expect(others).toEqual([])
  })

  it('is empty if it is switched off', async () => {
    expect(await runBoth('none')).toEqual([])
    expect(await runTwice('none')).toEqual([])
  })
})
