import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import {
  MAX_IDS_PER_FRAME,
  MAX_JOBS_PER_FRAME,
  MAX_JOBS_PER_REQUEST,
  MAX_PAYLOAD_BYTES,
} from '../../../protocol/kit/limits.ts'
import { parseClientFrame, parseQueueMessage, parseSubmitBody } from '../../../protocol/wire/parse.ts'
import { parseJobRequest } from '../../../protocol/submit/parse-job.ts'
import { exceedsUtf8, utf8Length } from '../../../protocol/kit/utf8.ts'

const SENTENCE = /^[A-Z].{10,}[.>]$/s

function expectRefusal(result: unknown, code: string, path: string | undefined): void {
  expect(result).toMatchObject({ ok: false, error: { code } })
  const { error } = result as { error: { message: string; path?: string } }
  expect(error.message).toMatch(SENTENCE)
  expect(error.path).toBe(path)
}

function nested(levels: number): unknown {
  return JSON.parse(
    '[{"a":'.repeat(levels >> 1) + '[]'.repeat(levels & 1) + (levels & 1 ? '' : '1') + '}]'.repeat(levels >> 1),
  )
}

describe('a job', () => {
  it.each([
    ['whole', { id: 'a.b_c:d-1', task: 'greet', input: { name: 'Ada' }, priority: 'high' }],
    ['with its task alone', { task: 'greet' }],
    ['with null as input', { task: 'greet', input: null }],
  ])('%s is taken as it is', (_, job) => {
    expect(parseJobRequest(job)).toEqual({ ok: true, value: job })
  })

  it.each([
    ['no object', 7, 'INVALID_REQUEST', 'jobs.3'],
    ['null', null, 'INVALID_REQUEST', 'jobs.3'],
    ['a list', [], 'INVALID_REQUEST', 'jobs.3'],
    ['no task', { input: 1 }, 'INVALID_REQUEST', 'jobs.3.task'],
    ['a number as task', { task: 7 }, 'INVALID_REQUEST', 'jobs.3.task'],
    ['an empty task', { task: '' }, 'INVALID_REQUEST', 'jobs.3.task'],
    ['an endless task', { task: 'x'.repeat(129) }, 'INVALID_REQUEST', 'jobs.3.task'],
    ['an unknown field', { task: 'a', colour: 'red' }, 'INVALID_REQUEST', 'jobs.3.colour'],
    ['an unknown priority', { task: 'a', priority: 'urgent' }, 'INVALID_REQUEST', 'jobs.3.priority'],
    ['a null priority', { task: 'a', priority: null }, 'INVALID_REQUEST', 'jobs.3.priority'],
    ['an id with a space', { task: 'a', id: 'a b' }, 'INVALID_ID', 'jobs.3.id'],
    ['an empty id', { task: 'a', id: '' }, 'INVALID_ID', 'jobs.3.id'],
    ['an endless id', { task: 'a', id: 'x'.repeat(129) }, 'INVALID_ID', 'jobs.3.id'],
    ['a number as id', { task: 'a', id: 7 }, 'INVALID_ID', 'jobs.3.id'],
    ['null as id', { task: 'a', id: null }, 'INVALID_ID', 'jobs.3.id'],
    ['an id that is a step in a path', { task: 'a', id: '..' }, 'INVALID_ID', 'jobs.3.id'],
    ['an endlessly deep input', { task: 'a', input: nested(10_000) }, 'INVALID_REQUEST', 'jobs.3.input'],
    ['an input just too deep', { task: 'a', input: nested(501) }, 'INVALID_REQUEST', 'jobs.3.input'],
    ['a large input', { task: 'a', input: 'x'.repeat(MAX_PAYLOAD_BYTES - 3) }, 'PAYLOAD_TOO_LARGE', 'jobs.3.input'],
    ['a large list', { task: 'a', input: Array(MAX_PAYLOAD_BYTES / 2).fill(1) }, 'PAYLOAD_TOO_LARGE', 'jobs.3.input'],
    [
      'a large input in bytes',
      { task: 'a', input: '€'.repeat(MAX_PAYLOAD_BYTES / 3) },
      'PAYLOAD_TOO_LARGE',
      'jobs.3.input',
    ],
  ])('%s is refused', (_, job, code, path) => {
    expectRefusal(parseJobRequest(job, 'jobs.3.'), code, path)
  })

  it('may have an input that just fits', () => {
    expect(parseJobRequest({ task: 'a', input: nested(500) })).toMatchObject({ ok: true })
    expect(parseJobRequest({ task: 'a', input: 'x'.repeat(MAX_PAYLOAD_BYTES - 4) })).toMatchObject({ ok: true })
  })

  it('is refused with a message that says what is right', () => {
    expect(parseJobRequest({ task: 'a', priority: 'urgent' })).toMatchObject({
      error: { message: 'The field "priority" must be one of critical, high, normal, low; got "urgent".' },
    })
  })

  it('with its own __proto__ is refused like one with any unknown field', () => {
    expectRefusal(parseJobRequest(JSON.parse('{"task":"a","__proto__":{"x":1}}')), 'INVALID_REQUEST', '__proto__')
  })
})

describe('the body of POST /jobs', () => {
  it.each([
    ['malformed JSON', '{"task":', 'INVALID_JSON', undefined],
    ['empty', '', 'INVALID_JSON', undefined],
    ['a list', '[{"task":"a"}]', 'INVALID_REQUEST', undefined],
    ['jobs that are no list', '{"jobs":{}}', 'INVALID_REQUEST', 'jobs'],
    ['no jobs', '{"jobs":[]}', 'INVALID_REQUEST', 'jobs'],
    ['another field next to jobs', '{"jobs":[{"task":"a"}],"task":"b"}', 'INVALID_REQUEST', 'task'],
    ['too many jobs', JSON.stringify({ jobs: Array(MAX_JOBS_PER_REQUEST + 1).fill(0) }), 'PAYLOAD_TOO_LARGE', 'jobs'],
  ])('%s fails as a whole', (_, body, code, path) => {
    expectRefusal(parseSubmitBody(body), code, path)
  })

  it('may be one job by itself', () => {
    expect(parseSubmitBody('{"task":"a"}')).toEqual({
      ok: true,
      value: { single: true, jobs: [{ ok: true, value: { task: 'a' } }] },
    })
  })

  it('with one bad job still has its good jobs accepted', () => {
    const parsed = parseSubmitBody('{"jobs":[{"task":"a"},{"task":7},{"task":"c","id":"!"}]}')
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        single: false,
        jobs: [{ ok: true }, { error: { path: 'jobs.1.task' } }, { error: { path: 'jobs.2.id', code: 'INVALID_ID' } }],
      },
    })
  })
})

describe('a frame', () => {
  it.each([
    ['malformed JSON', '{', 'INVALID_JSON', undefined, undefined],
    ['no object', '"ping"', 'INVALID_REQUEST', 'type', undefined],
    ['no type', '{"ref":1}', 'INVALID_REQUEST', 'type', 1],
    ['an unknown type', '{"type":"dance","ref":2}', 'UNKNOWN_FRAME', 'type', 2],
    ["the server's type", '{"type":"pong","ref":2}', 'UNKNOWN_FRAME', 'type', 2],
    ['no ref', '{"type":"ping"}', 'INVALID_REQUEST', 'ref', undefined],
    ['a negative ref', '{"type":"ping","ref":-1}', 'INVALID_REQUEST', 'ref', undefined],
    ['an unknown field', '{"type":"ping","ref":3,"x":1}', 'INVALID_REQUEST', 'x', 3],
    ['jobs that are no list', '{"type":"submit","ref":4,"jobs":7}', 'INVALID_REQUEST', 'jobs', 4],
    ['a bad id', '{"type":"subscribe","ref":5,"ids":["a","b c"]}', 'INVALID_ID', 'ids.1', 5],
    [
      'too many ids',
      JSON.stringify({ type: 'subscribe', ref: 6, ids: Array(MAX_IDS_PER_FRAME + 1).fill('a') }),
      'PAYLOAD_TOO_LARGE',
      'ids',
      6,
    ],
    [
      'too many jobs',
      JSON.stringify({ type: 'submit', ref: 7, jobs: Array(MAX_JOBS_PER_FRAME + 1).fill(0) }),
      'PAYLOAD_TOO_LARGE',
      'jobs',
      7,
    ],
  ])('%s is refused', (_, text, code, path, ref) => {
    const result = parseClientFrame(text)
    expectRefusal(result, code, path)
    expect((result as { ref?: number }).ref).toBe(ref)
  })

  it.each(['{"type":"ping","ref":0}', '{"type":"subscribe","ref":1,"ids":["a","b"]}'])('%s is taken', (text) => {
    expect(parseClientFrame(text)).toEqual({ ok: true, value: JSON.parse(text) })
  })

  it('never makes the parser throw, whatever it contains', () => {
    fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), (text) => typeof parseClientFrame(text).ok === 'boolean'))
  })
})

describe('a queue message', () => {
  const message = {
    v: 1,
    id: 'a',
    namespace: 'acme',
    task: 'echo',
    input: { any: [1] },
    queue: 'default',
    priority: 'low',
    createdAt: 1,
    expiresAt: 2,
  }

  it('is taken as it was sent', () => {
    expect(parseQueueMessage(JSON.stringify(message))).toEqual({ ok: true, value: message })
  })

  it.each([
    ['another version', { ...message, v: 2 }, 'v'],
    ['no input', { ...message, input: undefined }, 'input'],
  ])('with %s is refused', (_, changed, path) => {
    expectRefusal(parseQueueMessage(JSON.stringify(changed)), 'INVALID_REQUEST', path)
  })

  it('of a newer version of the platform is taken without the fields that are unknown here', () => {
    expect(parseQueueMessage(JSON.stringify({ ...message, extra: 1 }))).toEqual({ ok: true, value: message })
  })

  it('is refused if its namespace could reach into another one', () => {
    expectRefusal(parseQueueMessage(JSON.stringify({ ...message, namespace: 'a#b' })), 'INVALID_ID', 'namespace')
  })
})

describe('lengths in UTF-8', () => {
  it('agree with an encoder', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(60), (text, limit) => {
        const bytes = Buffer.byteLength(text)
        expect(utf8Length(text)).toBe(bytes)
        expect(exceedsUtf8(text, limit)).toBe(bytes > limit)
      }),
    )
  })
})
