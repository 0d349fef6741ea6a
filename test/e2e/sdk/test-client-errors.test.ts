// Every error that a client can provoke has the same code and path from the client in memory and from the real one.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Jobwire } from '@jobwire/sdk'
import { errorOf, SUBJECTS } from '../support/both-clients.ts'
import { uniqueNamespace } from '../support/target.ts'

const namespace = uniqueNamespace()

type Ask = (jobs: Jobwire<any>) => PromiseLike<unknown>

const SCHEDULE = { name: 'refused', task: 'noop', every: '5m' } as const
const MB = 1024 * 1024

/** The request, the code of its error, and the path in the error. */
const REFUSED: readonly [what: string, ask: Ask, code: string, path?: string][] = [
  ['a task that is not there', (jobs) => jobs.submit('no-such-task'), 'UNKNOWN_TASK', 'task'],
  ['an input against the schema', (jobs) => jobs.submit('primes', { below: 'x' }), 'INPUT_INVALID', 'input.below'],
  ['an input that is not JSON', (jobs) => jobs.submit('echo', 7n), 'INPUT_NOT_JSON'],
  ['an input over the limit', (jobs) => jobs.submit('echo', 'x'.repeat(6 * MB)), 'PAYLOAD_TOO_LARGE'],
  ['an invalid id', (jobs) => jobs.submit('echo', 1, { id: 'no id' }), 'INVALID_ID'],
  ['an unknown option', (jobs) => jobs.submit('echo', 1, { dealy: 1 } as object), 'INVALID_OPTION'],
  ['an option out of range', (jobs) => jobs.submit('echo', 1, { attempts: 0 }), 'INVALID_REQUEST', 'attempts'],
  [
    'a record that is gone before its job runs',
    (jobs) => jobs.submit('echo', 1, { delay: '2h', ttl: '1h' }),
    'INVALID_REQUEST',
    'ttl',
  ],
  [
    'an id beside another key',
    (jobs) => jobs.submit('echo', 1, { id: 'a', idempotencyKey: 'b' }),
    'INVALID_REQUEST',
    'idempotencyKey',
  ],
  ['a webhook to nowhere', (jobs) => jobs.submit('echo', 1, { webhook: { url: 'ftp://x' } }), 'INVALID_WEBHOOK'],
  ['a job that is not there', (jobs) => jobs.get('nobody'), 'JOB_NOT_FOUND', 'id'],
  ['its status', (jobs) => jobs.status('nobody'), 'JOB_NOT_FOUND', 'id'],
  ['its cancel', (jobs) => jobs.cancel('nobody'), 'JOB_NOT_FOUND', 'id'],
  ['its retry', (jobs) => jobs.retry('nobody'), 'JOB_NOT_FOUND', 'id'],
  ['its deletion', (jobs) => jobs.delete('nobody'), 'JOB_NOT_FOUND', 'id'],
  ['a list without a limit', (jobs) => jobs.list({ limit: 0 }), 'INVALID_REQUEST', 'limit'],
  ['a list from an invalid cursor', (jobs) => jobs.list({ cursor: 'x' }), 'INVALID_CURSOR', 'cursor'],
  ['a count by a status', (jobs) => jobs.counts({ status: 'failed' } as object), 'INVALID_OPTION'],
  ['a retry of failed jobs without a choice', (jobs) => jobs.retryFailed({} as never), 'INVALID_REQUEST'],
  ['a publish of an invalid status', (jobs) => jobs.publish('p', { status: 'done' } as never), 'INVALID_REQUEST'],
  ['a retry of two things', (jobs) => jobs.retryFailed({ all: true, code: 'NO' } as never), 'INVALID_REQUEST'],
  ['a list of workers without a limit', (jobs) => jobs.workers({ limit: 0 }), 'INVALID_REQUEST', 'limit'],
  ['a schedule that is not there', (jobs) => jobs.schedules.get('nobody'), 'SCHEDULE_NOT_FOUND', 'name'],
  ['its pause', (jobs) => jobs.schedules.pause('nobody'), 'SCHEDULE_NOT_FOUND', 'name'],
  ['its deletion as a schedule', (jobs) => jobs.schedules.delete('nobody'), 'SCHEDULE_NOT_FOUND', 'name'],
  [
    'a schedule without a time',
    (jobs) => jobs.schedules.create({ name: 'a', task: 'noop' } as never),
    'INVALID_SCHEDULE',
    'cron',
  ],
  [
    'a schedule with five fields',
    (jobs) => jobs.schedules.create({ name: 'a', task: 'noop', cron: '0 3 * * *' }),
    'INVALID_SCHEDULE',
    'cron',
  ],
  [
    'a schedule of the past',
    (jobs) => jobs.schedules.create({ name: 'a', task: 'noop', cron: '0 3 1 1 ? 2020' }),
    'INVALID_SCHEDULE',
    'cron',
  ],
  [
    'a schedule on Mars',
    (jobs) => jobs.schedules.create({ name: 'a', task: 'noop', cron: '0 3 * * ? *', timezone: 'Mars/Olympus' }),
    'INVALID_SCHEDULE',
    'timezone',
  ],
  ['a rate of seconds', (jobs) => jobs.schedules.create({ ...SCHEDULE, every: '90s' }), 'INVALID_SCHEDULE', 'every'],
  ['a schedule of no task', (jobs) => jobs.schedules.create({ ...SCHEDULE, task: 'nope' }), 'UNKNOWN_TASK', 'task'],
  [
    'a schedule with a wrong input',
    (jobs) => jobs.schedules.create({ ...SCHEDULE, task: 'primes', input: { below: -1 } }),
    'INPUT_INVALID',
    'input.below',
  ],
  ['a schedule without a name', (jobs) => jobs.schedules.create({ ...SCHEDULE, name: '' }), 'INVALID_REQUEST', 'name'],
]

describe.each(SUBJECTS)('the client %s', (_name, open) => {
  let jobs: Jobwire<any>

  beforeAll(async () => {
    ;({ jobs } = await open(namespace))
  })
  afterAll(() => jobs.close())

  it.each(REFUSED.map(([what, ask, code, path]) => ({ what, ask, code, path })))('refuses $what', async (asked) => {
    const error = await errorOf(asked.ask(jobs))
    expect(error).toMatchObject({ code: asked.code, ...(asked.path !== undefined && { path: asked.path }) })
    // Nothing was half done.
    expect(await jobs.schedules.list()).toEqual({ schedules: [] })
  })

  it.each([
    ['an error without a code', () => jobs.submit('fail', { code: 'no code' }), 'TASK_FAILED'],
    ['an output over the limit', () => jobs.submit('repeat', { text: 'x', times: 6 * MB }), 'OUTPUT_TOO_LARGE'],
    ['an error of the language', () => jobs.submit('repeat', { text: 'x', times: -1 }), 'TASK_FAILED'],
  ])('reports %s as the end of the job', async (_what, submit, code) => {
    const job = await submit()
    const error = await errorOf(job.result())
    expect(error).toMatchObject({ name: 'JobError', code, jobId: job.id })
  })
})
