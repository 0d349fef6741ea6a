import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { replaceHalfCharactersInJson } from '../../../protocol/kit/whole-characters.ts'
import { parseRetryBody } from '../../../protocol/list/parse-list.ts'
import { parsePublishBody } from '../../../protocol/manage/parse-publish.ts'
import { parseScheduleBody } from '../../../protocol/schedules/parse-schedule.ts'
import { parseClientFrame, parseSubmitBody } from '../../../protocol/wire/parse.ts'

const HALF = '\uD83D'

describe('half a character', () => {
  it.each([
    ['in a tag', { tags: ['a', HALF] }, 'tags.1'],
    ['in the metadata', { metadata: { plan: `pro${HALF}` } }, 'metadata.plan'],
    ['as a group', { group: HALF }, 'group'],
    ['in a key', { idempotencyKey: `a${HALF}b` }, 'idempotencyKey'],
    ['in the address of a webhook', { webhook: { url: `https://example.com/${HALF}` } }, 'webhook.url'],
    ['in the data of a webhook', { webhook: { url: 'https://example.com/', data: [HALF] } }, 'webhook.data.0'],
    ['deep in the input', { input: { pages: [{ title: '\uDE00' }] } }, 'input.pages.0.title'],
    ['in a name in the input', { input: { [`a${HALF}`]: 1 } }, 'input.a\uFFFD'],
  ])('%s of a job refuses that job and not its neighbours', (_, fields, path) => {
    const bad = { task: 'greet', ...fields }
    const error = { code: 'INVALID_REQUEST', path, message: expect.stringContaining('half a character') }
    expect(parseSubmitBody(JSON.stringify(bad))).toMatchObject({ value: { jobs: [{ ok: false, error }] } })
    const jobs = [{ task: 'greet' }, bad, { task: 'greet', tags: ['😀'] }]
    const outcomes = [{ ok: true }, { ok: false, error: { ...error, path: `jobs.1.${path}` } }, { ok: true }]
    expect(parseSubmitBody(JSON.stringify({ jobs }))).toMatchObject({ value: { jobs: outcomes } })
    expect(parseClientFrame(JSON.stringify({ type: 'submit', ref: 1, jobs }))).toMatchObject({
      value: { jobs: outcomes },
    })
  })

  it.each([
    ['a publish', () => parsePublishBody(JSON.stringify({ status: 'success', output: [HALF] })), 'output.0'],
    [
      'the error of a publish',
      () => parsePublishBody(JSON.stringify({ status: 'failed', error: { code: 'A', message: HALF } })),
      'error.message',
    ],
    [
      'the progress of a publish',
      () => parsePublishBody(JSON.stringify({ progress: { data: HALF } })),
      'progress.data',
    ],
    [
      'a schedule',
      () => parseScheduleBody(JSON.stringify({ name: 'n', every: '1h', task: 'greet', tags: [HALF] })),
      'tags.0',
    ],
    ['a retry', () => parseRetryBody(JSON.stringify({ code: `A${HALF}` })), 'code'],
  ])('in %s refuses it', (_, parse, path) => {
    expect(parse()).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST', path } })
  })

  it('in an id is an INVALID_ID', () => {
    expect(parseClientFrame(JSON.stringify({ type: 'cancel', ref: 1, ids: [HALF] }))).toMatchObject({
      error: { code: 'INVALID_ID', path: 'ids.0' },
      ref: 1,
    })
  })

  it('is not a pair that is written as escapes, or a backslash before "ud83d"', () => {
    const texts = [String.raw`{"task":"a","tags":["\ud83d\ude00"]}`, String.raw`{"task":"a","tags":["\\ud83d"]}`]
    for (const text of texts) expect(parseSubmitBody(text)).toMatchObject({ value: { jobs: [{ ok: true }] } })
  })

  it('is found whatever it is in, and nothing else is refused', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.string({ unit: 'binary' }), (input, tag) => {
        const body = JSON.stringify({ task: 'a', input, ...(tag === '' ? {} : { tags: [tag.slice(0, 20)] }) })
        // Well-formed JSON writes nothing but half characters as escapes.
        const isWhole = body === Buffer.from(body).toString() && !/(?<!\\)(\\\\)*\\ud[89a-f]/.test(body)
        const parsed = parseSubmitBody(body) as { value: { jobs: readonly { ok: boolean }[] } }
        expect(parsed.value.jobs[0]!.ok).toBe(isWhole)
      }),
    )
  })

  it('is replaced in JSON that is stored for a task', () => {
    const value = { [`a${HALF}`]: [HALF, '😀', '\\ud83d', `\\${HALF}`] }
    expect(JSON.parse(replaceHalfCharactersInJson(JSON.stringify(value)))).toEqual({
      'a\uFFFD': ['\uFFFD', '😀', '\\ud83d', '\\\uFFFD'],
    })
  })
})

describe('a number that JavaScript cannot hold', () => {
  it('in a job refuses that job and not its neighbours', () => {
    const jobs = '{"jobs":[{"task":"greet","input":1e308},{"task":"greet","input":{"sizes":[1e400]}},{"task":"greet"}]}'
    const error = { code: 'INVALID_REQUEST', path: 'jobs.1.input.sizes.0', message: expect.stringContaining('larger') }
    expect(parseSubmitBody(jobs)).toMatchObject({ value: { jobs: [{ ok: true }, { ok: false, error }, { ok: true }] } })
  })

  it.each([
    ['-1E+400', '-1E+400'],
    ['400 digits', '9'.repeat(400)],
  ])('is refused as %s in a publish', (_, number) => {
    expect(parsePublishBody(`{"status":"success","output":${number}}`)).toMatchObject({
      ok: false,
      error: { code: 'INVALID_REQUEST', path: 'output' },
    })
  })

  it('is no number within a string', () => {
    expect(parseSubmitBody('{"task":"greet","input":"1e400"}')).toMatchObject({ value: { jobs: [{ ok: true }] } })
  })
})
