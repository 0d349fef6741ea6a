// Every error that a client can provoke has the same code and path from the client in memory and from the real one.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Jobwire } from '@jobwire/sdk'
import { errorOf, SUBJECTS } from '../support/both-clients.ts'
import { uniqueNamespace } from '../support/target.ts'

const namespace = uniqueNamespace()

type Ask = (jobs: Jobwire<any>) => PromiseLike<unknown>

const SCHEDULE = { name: 'refused', task: 'noop', every: '5m' } as const
const MB = 1024 * 1024
/** A lone surrogate, which UTF-8 cannot carry. The client sends it as an escape, and the platform refuses it. */
const HALF = '\ud83d'
const HALF_WEBHOOK = { url: 'https://example.com/', data: { name: HALF } }

/** The options with half a character, with the path of the error. */
const HALVES: readonly [path: string, options: object][] = [
  ['tags.1', { tags: ['whole', HALF] }],
  ['metadata.name', { metadata: { name: HALF } }],
  ['group', { group: HALF }],
  ['idempotencyKey', { idempotencyKey: HALF }],
  ['webhook.data.name', { webhook: HALF_WEBHOOK }],
  ['webhook.url', { webhook: { url: `https://example.com/${HALF}` } }],
]

/** The request, the code of its error, and the path in the error. */
type Refused = readonly [what: string, ask: Ask, code: string, path?: string]

const REFUSED: readonly Refused[] = [
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
  ...HALVES.map(([path, options]): Refused => [
    `half a character in ${path}`,
    (jobs) => jobs.submit('echo', 1, options),
    'INVALID_REQUEST',
    path,
  ]),
  ['half a character in an input', (jobs) => jobs.submit('echo', { a: [HALF] }), 'INVALID_REQUEST', 'input.a.0'],
  [
    'half a character in a publish',
    (jobs) => jobs.publish('p', { status: 'success', output: [HALF] }),
    'INVALID_REQUEST',
    'output.0',
  ],
  [
    'half a character in a schedule',
    (jobs) => jobs.schedules.create({ ...SCHEDULE, input: HALF }),
    'INVALID_REQUEST',
    'input',
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

  it('refuses jobs with half a character alone, and accepts those of the same flush', async () => {
    const submits = HALVES.flatMap(([, options]) => [jobs.submit('echo', 1, options), jobs.submit('echo', 'whole')])
    const settled = await Promise.allSettled(submits)
    expect(settled.map(({ status }) => status)).toEqual(HALVES.flatMap(() => ['rejected', 'fulfilled']))
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
