import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { JobwireError, type Jobwire } from '@jobwire/sdk'
import { MAX_PAYLOAD_BYTES } from '../../../protocol/kit/limits.ts'
import {
  bad,
  badArguments,
  badFilters,
  badJobs,
  badOptions,
  callsWithOptions,
  onlyError,
  type BadCall,
} from '../support/bad-calls.ts'
import { connectAs, uniqueNamespace } from '../support/target.ts'

let jobs: Jobwire<any>

beforeAll(async () => {
  jobs = await connectAs(uniqueNamespace())
})
afterAll(async () => {
  // Nothing was half done, and the client still works.
  expect((await jobs.list()).jobs).toEqual([])
  expect(await jobs.counts()).toMatchObject({ total: 0 })
  expect(await jobs.run('greet', { name: 'Ada' })).toBe('Hello, Ada!')
  await jobs.close()
})

async function endOf(made: any): Promise<unknown> {
  // A map is both a promise and an iterator: it is awaited here.
  if (typeof made?.[Symbol.asyncIterator] !== 'function' || 'then' in made) return await made
  return (await made.next()).value
}

/** A refusal never takes long. */
async function orHangs(end: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((resolve) => (timer = setTimeout(resolve, 3_000, 'it hangs')))
  return Promise.race([end, late]).finally(() => clearTimeout(timer))
}

/** Returns the problem with how a call refuses a value; undefined if it refuses well. */
async function refusalProblem({ call, codes, names }: BadCall, value: unknown): Promise<string | undefined> {
  let made: unknown
  try {
    made = call(value)
  } catch (error) {
    return `throws instead of rejecting: ${String(error)}`
  }
  try {
    return `gives no error: ${JSON.stringify(await orHangs(endOf(made)))}`
  } catch (error) {
    if (!JobwireError.is(error)) return `is a raw ${String(error)}`
    const text = `${error.code} ${error.path}: ${error.message}`
    if (!codes.includes(error.code)) return `has another code than ${codes.join()}: ${text}`
    return names.test(`${error.path} ${error.message}`) ? undefined : `does not name it: ${text}`
  }
}

async function expectRefused(calls: readonly BadCall[]): Promise<void> {
  const faults: string[] = []
  for (const call of calls) {
    for (const [name, value] of Object.entries(call.bad)) {
      const fault = await refusalProblem(call, value)
      if (fault !== undefined) faults.push(`${call.what}, ${name}, ${fault}`)
    }
  }
  expect(faults).toEqual([])
}

describe('each call refuses, and says what and why', () => {
  it('invalid arguments', () => expectRefused(badArguments(jobs)), 60_000)

  it('options that no call has', () => expectRefused(callsWithOptions(jobs).flatMap(badOptions)), 60_000)

  it('options of lists, counts and maps', () => expectRefused(badFilters(jobs)), 60_000)

  it('options of jobs', () => expectRefused(badJobs(jobs)), 60_000)
})

const circular: Record<string, unknown> = {}
circular.self = circular

const NOT_JSON: readonly [string, unknown, RegExp][] = [
  ['a circular payload', circular, /circular/i],
  ['a BigInt', { amount: 7n }, /"amount" is a bigint/],
  ['a function', { then: () => 1 }, /"then" is a function/],
  ['undefined in a list', [1, undefined], /undefined; use null/],
  ['NaN', { ratio: NaN }, /"ratio" is NaN/],
  ['a Map', { all: new Map() }, /"all" is a Map/],
  ['a symbol', Symbol('s'), /symbol/],
]

describe('an input', () => {
  const calls = (): [string, (input: any) => unknown][] => [
    ['submit', (input) => jobs.submit('echo', input)],
    ['delay', (input) => jobs.delay('echo', input)],
    ['run', (input) => jobs.run('echo', input)],
    ['submitMany', (input) => onlyError(jobs.submitMany([{ task: 'echo', input }]))],
    ['map', (input) => jobs.map('echo', [input])],
    ['stream', (input) => jobs.stream('echo', [input])],
  ]

  it.each(NOT_JSON)('that JSON cannot carry is refused before it is sent: %s', async (what, input, names) => {
    await expectRefused(calls().map(([verb, call]) => bad(verb, { [what]: input }, call, 'INPUT_NOT_JSON', names)))
    const publish = (output: unknown) => jobs.publish('x', { status: 'success', output: output as never })
    const create = (given: unknown) => jobs.schedules.create({ name: 'x', task: 'echo', every: '1h', input: given })
    await expectRefused(
      [publish, create].map((call) => bad(call.name, { [what]: input }, call, 'INVALID_OPTION', names)),
    )
  })

  it('over the limit is refused before it is sent', () =>
    expectRefused(
      calls().map(([verb, call]) =>
        bad(verb, { 'over 5 MB': 'x'.repeat(MAX_PAYLOAD_BYTES) }, call, 'PAYLOAD_TOO_LARGE', /"echo" is larger/),
      ),
    ))

  it('for a task that is unknown, or against its schema, is refused by the platform', async () => {
    await expectRefused([
      ...['submit', 'delay', 'run'].map((verb) =>
        bad(verb, { another: 'nope' }, (task) => jobs[verb as 'run'](task), 'UNKNOWN_TASK', /nope/),
      ),
      bad('submitMany', { another: 'nope' }, (task) => onlyError(jobs.submitMany([{ task }])), 'UNKNOWN_TASK', /nope/),
      bad('map', { another: 'nope' }, (task) => jobs.map(task, [1]), 'UNKNOWN_TASK', /nope/),
      bad('stream', { another: 'nope' }, (task) => jobs.stream(task, [1]), 'UNKNOWN_TASK', /nope/),
      bad(
        'primes',
        { nothing: undefined, 'a word': { below: 'ten' } },
        (input) => jobs.run('primes', input),
        'INPUT_INVALID',
        /input/,
      ),
    ])
  })

  it('that throws midway makes a submitMany submit nothing', async () => {
    function* broken() {
      yield { task: 'uuid' }
      throw new Error('The file ended.')
    }
    await expect(jobs.submitMany(broken())).rejects.toThrow('The file ended.')
  })

  it('that is an empty list submits no job', async () => {
    expect(await jobs.submitMany([])).toEqual([])
    expect(await jobs.map('uuid', [])).toEqual([])
    expect(await jobs.stream('uuid', []).next()).toMatchObject({ done: true })
    expect(await jobs.watch([]).next()).toMatchObject({ done: true })
  })
})

describe('a signal that has aborted', () => {
  it('ends each call before it is sent', () => {
    const signal = AbortSignal.abort('gone')
    return expectRefused(
      callsWithOptions(jobs)
        .filter(([name]) => !name.endsWith('of none') && name !== 'submitMany')
        .map(([name, call]) => bad(name, { aborted: { signal } }, call, 'ABORTED', /aborted/)),
    )
  })
})

describe('200 KB', () => {
  it('are an input like any other', async () => {
    const other = await connectAs(uniqueNamespace())
    const text = 'x'.repeat(200_000)
    expect(await other.run('echo', text)).toBe(text)
    expect(await other.map('echo', [text])).toEqual([text])
    await other.close()
  })
})
