import { describe, expect, it } from '@jest/globals'
import { JobError, JobwireError } from '../../../../sdk/src/api/errors.ts'
import { encodeJob } from '../../../../sdk/src/api/input.ts'
import { usePeer } from '../../peer/connect-to-peer.ts'
import { MAX_PAYLOAD_BYTES } from '../../../../protocol/kit/limits.ts'

const setup = usePeer()

function circular(): object {
  const value: { self?: object } = {}
  value.self = value
  return value
}

class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
}

describe('an input', () => {
  it.each([
    ['a function', () => 1, 'it is a function'],
    ['a function inside', { then: { callback: () => 1 } }, '"callback" is a function'],
    ['a symbol', Symbol('x'), 'it is a symbol'],
    ['a BigInt', { size: 10n }, '"size" is a bigint'],
    ['a circular object', circular(), 'circular'],
    ['NaN', { ratio: NaN }, '"ratio" is NaN'],
    ['Infinity in a list', [1, Infinity], '"1" is Infinity'],
    ['undefined in a list', [1, undefined], '"1" is undefined; use null'],
    ['a Map', new Map([[1, 2]]), 'it is a Map'],
    ['a Set', { tags: new Set(['a']) }, '"tags" is a Set'],
    ['a promise', { file: Promise.resolve(1) }, '"file" is a Promise'],
    ['bytes', new Uint8Array(4), 'it is a Uint8Array'],
    ['an error', { error: new Error('x') }, '"error" is a Error'],
  ])('that is %s is refused as INPUT_NOT_JSON, with the place', async (_what, input, where) => {
    const jobs = await setup.connect()
    const error = await jobs.submit('resize', input).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'INPUT_NOT_JSON', cause: expect.any(TypeError) })
    expect(String(error)).toContain('The input of "resize" cannot be sent as JSON: ')
    expect(String(error)).toContain(where)
    expect(setup.peer.sockets).toHaveLength(0)
  })

  it.each([
    ['null', null, null],
    ['a Date', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
    ['an instance of a class', new Point(1, 2), { x: 1, y: 2 }],
    ['an undefined property', { key: 'a', size: undefined }, { key: 'a' }],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    ['a URL', new URL('https://a.example/'), 'https://a.example/'],
  ])('that is %s is sent as JSON.stringify writes it', (_what, input, written) => {
    expect(JSON.parse(encodeJob('id', 'echo', input, undefined))).toEqual({ id: 'id', task: 'echo', input: written })
  })

  it('over the limit, counted as JSON within JSON, is PAYLOAD_TOO_LARGE, and just under it is not', async () => {
    const jobs = await setup.connect()
    const limit = MAX_PAYLOAD_BYTES - 4
    await expect(jobs.submit('echo', 'x'.repeat(limit))).resolves.toMatchObject({ status: 'pending' })
    await expect(jobs.submit('echo', 'x'.repeat(limit + 1))).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' })
    await expect(jobs.submit('echo', 'ü'.repeat(limit / 2 + 1))).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' })
    await expect(jobs.submit('echo', Array(limit / 4).fill(''))).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' })
  })
})

describe('arguments of submit', () => {
  it.each([
    [['', 1], 'INVALID_OPTION', 'must name a task'],
    [[7, 1], 'INVALID_OPTION', 'must name a task'],
    [
      ['resize', 1, { priorty: 'high' }],
      'INVALID_OPTION',
      'There is no option "priorty"; there are: id, idempotencyKey, ',
    ],
    [['resize', 1, { timeout: 'soon' }], 'INVALID_OPTION', '"soon" is not a duration'],
    [['resize', 1, { signal: 'stop' }], 'INVALID_OPTION', '"signal" must be an AbortSignal'],
    [['resize', 1, { id: 'a b' }], 'INVALID_ID', 'An id has letters'],
    [['resize', 1, { id: 7 }], 'INVALID_ID', 'An id has letters'],
  ])('%j are refused with %s', async (args, code, message) => {
    const jobs = await setup.connect()
    const submit = jobs.submit as (...all: unknown[]) => Promise<unknown>
    const error = await submit(...args).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) })
    expect(setup.peer.sockets).toHaveLength(0)
  })

  it('of run may have both kinds of options', async () => {
    const jobs = await setup.connect()
    const run = jobs.run as (...all: unknown[]) => Promise<unknown>
    await expect(run('resize', 1, { color: 'red' })).rejects.toThrow(
      /there are: id, .*signal, priority, .*runTimeout, .*timeout\.$/,
    )
  })
})

describe('errors', () => {
  it('are recognised even if another copy of the package made them', () => {
    const foreign = Object.defineProperty(new Error('x'), Symbol.for('jobwire.error'), { value: true })
    expect(JobwireError.is(foreign)).toBe(true)
    expect(JobError.is(foreign)).toBe(false)
    expect(JobwireError.is(new Error('x'))).toBe(false)
    expect(JobwireError.is(null)).toBe(false)
    expect(JobwireError.is('jobwire.error')).toBe(false)
  })
})
