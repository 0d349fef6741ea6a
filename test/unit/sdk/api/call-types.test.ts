// Checked by tsc, a part of `npm run check`: an expected error that does not occur is an error. Nothing here runs.
import { describe, expect, it } from '@jest/globals'
import type {
  Counts,
  Job,
  JobRecord,
  JobStatus,
  JobUpdate,
  Jobwire,
  JobwireErrorCode,
  ListAnswer,
  ListedJob,
  Schedule,
  SchedulesAnswer,
  Settled,
  SubmitManyOutcome,
  SubmitOutcome,
} from '@jobwire/sdk'
import { JobError, JobwireError } from '@jobwire/sdk'
import { createHooks } from '@jobwire/sdk/react'
import { defineTask } from '@jobwire/sdk/task'
import { createTestClient } from '@jobwire/sdk/testing'
import { verifyWebhook } from '@jobwire/sdk/webhook'
import * as v from 'valibot'

const tasks = {
  resize: defineTask({ run: async (input: { key: string; width?: number }) => ({ url: input.key, at: new Date(0) }) }),
  sweep: defineTask({ run: () => 3 }),
  forget: defineTask({ run: async (_input: void) => {} }),
  either: defineTask({
    run: (input: 'a' | 7): { kind: 'text'; text: string } | { kind: 'none' } =>
      input === 7 ? { kind: 'none' } : { kind: 'text', text: input },
  }),
  checked: defineTask({
    input: v.object({ below: v.number() }),
    output: v.number(),
    run: (input: { below: number }) => input.below,
  }),
}
type Tasks = typeof tasks

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const is =
  <A>() =>
  <B>(_made: B, ..._same: Same<A, B> extends true ? [] : [never]) =>
    undefined

interface Resized {
  url: string
  at: string
}
type Either = { kind: 'text'; text: string } | { kind: 'none' }

function inferred(jobs: Jobwire<Tasks>) {
  const key = { key: 'a' }
  is<Promise<Job<number>>>()(jobs.submit('sweep'))
  is<Promise<string>>()(jobs.delay('resize', key))
  is<Promise<number>>()(jobs.run('checked', { below: 3 }))
  is<Promise<void>>()(jobs.run('forget'))
  const either: Promise<Either> = jobs.run('either', 'a')
  const resized: PromiseLike<Resized[]> = jobs.map('resize', [key])
  const settled: PromiseLike<Settled<Resized>[]> = jobs.map('resize', [key], { errors: 'collect' })
  const items: AsyncIterable<Resized> = jobs.map('resize', new Set([key]), { concurrency: 5 })
  const ends: AsyncIterable<{ value: Resized; index: number }> = jobs.stream('resize', [key])
  const collected: AsyncIterable<Settled<Resized>> = jobs.stream('resize', [key], { errors: 'collect' })
  const many: Promise<SubmitManyOutcome<number | Resized>[]> = jobs.submitMany([
    { task: 'sweep' },
    { task: 'resize', input: key },
  ])
  is<AsyncIterableIterator<JobUpdate>>()(jobs.subscribe('x'))
  is<AsyncIterableIterator<JobUpdate>>()(jobs.watch({ prefix: 'x' }))
  is<Promise<string>>()(jobs.result<string>('x'))
  is<Promise<JobStatus>>()(jobs.status('x'))
  is<Promise<JobRecord>>()(jobs.get('x'))
  const page: PromiseLike<ListAnswer> & AsyncIterable<ListedJob> = jobs.list({ status: 'failed', order: 'desc' })
  is<Promise<Counts>>()(jobs.counts({ since: new Date(0), tags: 'x' }))
  is<Promise<Readonly<Record<string, number>>>>()(jobs.failures({ prefix: 'x' }))
  is<Promise<JobUpdate>>()(jobs.cancel('x'))
  is<Promise<Job<string>>>()(jobs.retry<string>('x'))
  is<Promise<SubmitOutcome[]>>()(jobs.retryFailed({ all: true, timeout: '5s' }))
  is<Promise<void>>()(jobs.delete('x'))
  is<Promise<JobUpdate>>()(jobs.publish('x', { progress: { percent: 3 } }))
  is<Promise<Schedule>>()(jobs.schedules.create({ name: 'x', task: 'resize', input: key, every: '1h' }))
  is<Promise<Schedule>>()(jobs.schedules.pause('x'))
  const schedules: PromiseLike<SchedulesAnswer> & AsyncIterable<Schedule> = jobs.schedules.list({ limit: 3 })
  is<() => void>()(jobs.on('offline', () => {}))
  is<Promise<void>>()(jobs.close())
  return [either, resized, settled, items, ends, collected, many, page, schedules]
}

function refused(jobs: Jobwire<Tasks>) {
  return [
    // @ts-expect-error -- no such task
    () => jobs.delay('resise', { key: 'a' }),
    // @ts-expect-error -- the input is missing
    () => jobs.run('checked'),
    // @ts-expect-error -- the input does not fit the schema and the task
    () => jobs.run('checked', { below: 'ten' }),
    // @ts-expect-error -- not a member of the union
    () => jobs.run('either', 'b'),
    // @ts-expect-error -- no input at all
    () => jobs.run('forget', 7),
    // @ts-expect-error -- one of the inputs has the wrong type
    () => jobs.map('resize', [{ key: 7 }]),
    // @ts-expect-error -- no such value of `errors`
    () => jobs.map('resize', [{ key: 'a' }], { errors: 'ignore' }),
    // @ts-expect-error -- a map takes a function that makes ids
    () => jobs.stream('resize', [{ key: 'a' }], { id: 'x' }),
    // @ts-expect-error -- neither a cron nor a rate
    () => jobs.schedules.create({ name: 'x', task: 'sweep' }),
    // @ts-expect-error -- both of them
    () => jobs.schedules.create({ name: 'x', task: 'sweep', every: '1h', cron: '0 3 * * ? *' }),
    // @ts-expect-error -- the input is missing
    () => jobs.submitMany([{ task: 'resize' }]),
    // @ts-expect-error -- an id is a string
    () => jobs.get(7),
    // @ts-expect-error -- a watch has ids or a prefix
    () => jobs.watch({ suffix: 'x' }),
    // @ts-expect-error -- no such status
    () => jobs.list({ status: 'done' }),
    // @ts-expect-error -- counts have no limit
    () => jobs.counts({ limit: 3 }),
    // @ts-expect-error -- no such option
    () => jobs.failures({ code: 'x' }),
    // @ts-expect-error -- no such option
    () => jobs.cancel('x', { timeuot: 5 }),
    // @ts-expect-error -- it is not said which jobs
    () => jobs.retryFailed({}),
    // @ts-expect-error -- not a final status
    () => jobs.publish('x', { status: 'done' }),
    // @ts-expect-error -- the input is missing
    () => jobs.schedules.create({ name: 'x', task: 'resize', every: '1h' }),
    // @ts-expect-error -- no such event
    () => jobs.on('onlin', () => {}),
    // @ts-expect-error -- close takes nothing
    () => jobs.close(5),
  ]
}

function narrowed(error: unknown) {
  if (JobError.is(error, 'TASK_TIMEOUT')) return [is<'TASK_TIMEOUT'>()(error.code), error.job.attempts, error.retryable]
  if (JobwireError.is(error, 'TIMEOUT', 'ABORTED')) return [is<'TIMEOUT' | 'ABORTED'>()(error.code), error.jobId]
  // @ts-expect-error -- the type is unknown here
  return error.code
}
// If it were widened to string, an editor could complete none.
is<false>()<Same<JobwireErrorCode, string>>(false)

function entries() {
  const { useSubmit, useMap, useJob } = createHooks<Tasks>()
  const test = createTestClient<Tasks>({ handlers: { sweep: () => 4, resize: 'hold' } })
  return [
    () => inferred(test),
    () => useSubmit('resize').submit({ key: 'a' }),
    // @ts-expect-error -- no such task
    () => useMap('resise'),
    // @ts-expect-error -- the input has the wrong type
    () => useSubmit('resize').submit({ key: 7 }),
    () => is<string | undefined>()(useJob<string>('x').output),
    // @ts-expect-error -- not the output of the task
    () => createTestClient<Tasks>({ handlers: { sweep: () => 'four' } }),
    async () => {
      const { data } = await verifyWebhook<Resized, { order: number }>('', {}, 'whsec_x')
      is<{ order: number } | undefined>()(data.data)
    },
    // @ts-expect-error -- a parsed body is not accepted
    () => verifyWebhook({}, {}, 'whsec_x'),
  ]
}

describe('the types of every call', () => {
  it('are checked by tsc', () => {
    expect([inferred, refused, narrowed, entries]).toHaveLength(4)
  })
})
