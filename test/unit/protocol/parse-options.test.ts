import { describe, expect, it } from '@jest/globals'
import {
  MAX_ATTEMPTS,
  MAX_ERROR_MESSAGE_LENGTH,
  MAX_GROUP_LENGTH,
  MAX_IDEMPOTENCY_KEY_LENGTH,
  MAX_METADATA_ENTRIES,
  MAX_METADATA_NAME_LENGTH,
  MAX_METADATA_TEXT_LENGTH,
  MAX_PAYLOAD_BYTES,
  MAX_TAG_LENGTH,
  MAX_TAGS,
  MAX_TASK_NAME_LENGTH,
} from '../../../protocol/kit/limits.ts'
import { parseQueueMessage } from '../../../protocol/wire/parse.ts'
import { parseJobRequest } from '../../../protocol/submit/parse-job.ts'
import { parsePublishBody } from '../../../protocol/manage/parse-publish.ts'

const SENTENCE = /^[A-Z"].{10,}[.>]$/s
const entries = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, index]))

describe('the options of a job', () => {
  it.each([
    { idempotencyKey: 'Invoice 2026/17', rerun: true },
    { id: 'a', rerun: true },
    { rerun: false },
    { idempotencyKey: 'x'.repeat(MAX_IDEMPOTENCY_KEY_LENGTH) },
    { attempts: MAX_ATTEMPTS },
    { backoff: {} },
    { backoff: { initial: 0, cap: '12h' } },
    { timeout: '15m' },
    { timeout: 1 },
    { delay: 0 },
    { delay: '365d' },
    { startWithin: '1.5h' },
    { ttl: '1m' },
    { ttl: '730d' },
    { metadata: {} },
    { metadata: { 'a.b:c-d_e': 'x'.repeat(MAX_METADATA_TEXT_LENGTH), n: -1.5, yes: true, empty: '' } },
    { metadata: entries(MAX_METADATA_ENTRIES) },
    { tags: [] },
    { tags: Array.from({ length: MAX_TAGS }, (_, index) => String(index).padEnd(MAX_TAG_LENGTH, 'x')) },
    { group: 'ü'.repeat(MAX_GROUP_LENGTH) },
  ])('%j are taken as they are', (options) => {
    expect(parseJobRequest({ task: 'a', ...options })).toEqual({ ok: true, value: { task: 'a', ...options } })
  })

  it.each([
    [{ idempotencyKey: '' }, 'idempotencyKey'],
    [{ idempotencyKey: 7 }, 'idempotencyKey'],
    [{ idempotencyKey: 'x'.repeat(MAX_IDEMPOTENCY_KEY_LENGTH + 1) }, 'idempotencyKey'],
    [{ rerun: 'yes', id: 'a' }, 'rerun'],
    [{ rerun: true }, 'rerun'],
    [{ attempts: 0 }, 'attempts'],
    [{ attempts: 1.5 }, 'attempts'],
    [{ attempts: '3' }, 'attempts'],
    [{ attempts: null }, 'attempts'],
    [{ attempts: MAX_ATTEMPTS + 1 }, 'attempts'],
    [{ backoff: 1_000 }, 'backoff'],
    [{ backoff: [] }, 'backoff'],
    [{ backoff: { initial: 'soon' } }, 'backoff.initial'],
    [{ backoff: { cap: '13h' } }, 'backoff.cap'],
    [{ backoff: { factor: 2 } }, 'backoff.factor'],
    [{ timeout: 0 }, 'timeout'],
    [{ timeout: '16m' }, 'timeout'],
    [{ timeout: '30' }, 'timeout'],
    [{ timeout: '30 s' }, 'timeout'],
    [{ timeout: ['30s'] }, 'timeout'],
    [{ delay: -1 }, 'delay'],
    [{ delay: '366d' }, 'delay'],
    [{ startWithin: 0 }, 'startWithin'],
    [{ ttl: '59s' }, 'ttl'],
    [{ ttl: '731d' }, 'ttl'],
    [{ metadata: [] }, 'metadata'],
    [{ metadata: 'x' }, 'metadata'],
    [{ metadata: entries(MAX_METADATA_ENTRIES + 1) }, 'metadata'],
    [{ metadata: { a: null } }, 'metadata.a'],
    [{ metadata: { a: {} } }, 'metadata.a'],
    [{ metadata: { a: 'x'.repeat(MAX_METADATA_TEXT_LENGTH + 1) } }, 'metadata.a'],
    [{ metadata: { '': 1 } }, 'metadata.'],
    [{ metadata: { 'a b': 1 } }, 'metadata.a b'],
    [{ metadata: JSON.parse('{"__proto__":1}') as object }, 'metadata.__proto__'],
    [{ metadata: { ['x'.repeat(MAX_METADATA_NAME_LENGTH + 1)]: 1 } }, `metadata.${'x'.repeat(64)}…`],
    [{ tags: 'x' }, 'tags'],
    [{ tags: Array.from({ length: MAX_TAGS + 1 }, () => 'x') }, 'tags'],
    [{ tags: ['x', ''] }, 'tags.1'],
    [{ tags: [7] }, 'tags.0'],
    [{ tags: ['x'.repeat(MAX_TAG_LENGTH + 1)] }, 'tags.0'],
    [{ group: '' }, 'group'],
    [{ group: 7 }, 'group'],
    [{ group: 'x'.repeat(MAX_GROUP_LENGTH + 1) }, 'group'],
  ])('%j are refused', (options, path) => {
    const result = parseJobRequest({ task: 'a', ...options }, 'jobs.3.')
    expect(result).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST', path: `jobs.3.${path}` } })
    expect((result as { error: { message: string } }).error.message).toMatch(SENTENCE)
  })

  it('are refused with a message that says what is right', () => {
    expect(parseJobRequest({ task: 'a', timeout: 'soon' })).toMatchObject({
      error: {
        message: 'The field "timeout" must be a duration from 1ms to 15m, as milliseconds or like "30s"; got "soon".',
      },
    })
  })
})

describe('a queue message', () => {
  it('carries what the submit asked for', () => {
    const message = {
      v: 1,
      id: 'a',
      namespace: 'acme',
      task: 'echo',
      input: null,
      queue: 'default',
      priority: 'low',
      createdAt: 1,
      expiresAt: 2,
      attempts: 3,
      backoffInitialMs: 1,
      backoffCapMs: 2,
      timeoutMs: 3,
      startBy: 4,
      group: 'g',
    }
    expect(parseQueueMessage(JSON.stringify(message))).toEqual({ ok: true, value: message })
    expect(parseQueueMessage(JSON.stringify({ ...message, timeoutMs: '3' }))).toMatchObject({
      error: { path: 'timeoutMs' },
    })
  })
})

describe('the body of a publish', () => {
  it.each([
    {},
    { task: 'render', metadata: { a: 1 }, tags: ['x'], ttl: '1h' },
    { progress: { percent: 40, message: 'page 2', data: [1] } },
    { status: 'success' },
    { status: 'success', output: null, progress: { percent: 100 } },
    { status: 'failed', error: { code: 'OUT_OF_PAPER', message: 'Load tray 2.', retryable: true } },
  ])('%j is taken as it is', (body) => {
    expect(parsePublishBody(JSON.stringify(body))).toEqual({ ok: true, value: body })
  })

  it.each([
    ['{', 'INVALID_JSON', undefined],
    ['', 'INVALID_JSON', undefined],
    ['[]', 'INVALID_REQUEST', undefined],
    ['null', 'INVALID_REQUEST', undefined],
    [{ colour: 'red' }, 'INVALID_REQUEST', 'colour'],
    [{ id: 'a' }, 'INVALID_REQUEST', 'id'],
    [{ task: '' }, 'INVALID_REQUEST', 'task'],
    [{ task: 'x'.repeat(MAX_TASK_NAME_LENGTH + 1) }, 'INVALID_REQUEST', 'task'],
    [{ ttl: '1s' }, 'INVALID_REQUEST', 'ttl'],
    [{ metadata: { a: [] } }, 'INVALID_REQUEST', 'metadata.a'],
    [{ tags: [''] }, 'INVALID_REQUEST', 'tags.0'],
    [{ progress: 40 }, 'INVALID_REQUEST', 'progress'],
    [{ progress: { percent: 101 } }, 'INVALID_REQUEST', 'progress.percent'],
    [{ status: 'running' }, 'INVALID_REQUEST', 'status'],
    [{ status: null }, 'INVALID_REQUEST', 'status'],
    [{ output: 1 }, 'INVALID_REQUEST', 'output'],
    [{ status: 'failed', output: 1, error: { code: 'A', message: 'b' } }, 'INVALID_REQUEST', 'output'],
    [{ status: 'failed' }, 'INVALID_REQUEST', 'error'],
    [{ status: 'failed', error: 'no' }, 'INVALID_REQUEST', 'error'],
    [{ status: 'failed', error: { code: 'A' } }, 'INVALID_REQUEST', 'error'],
    [{ status: 'failed', error: { code: '1!', message: 'b' } }, 'INVALID_REQUEST', 'error.code'],
    [{ status: 'failed', error: { code: 'A', message: '' } }, 'INVALID_REQUEST', 'error.message'],
    [
      { status: 'failed', error: { code: 'A', message: 'x'.repeat(MAX_ERROR_MESSAGE_LENGTH + 1) } },
      'INVALID_REQUEST',
      'error.message',
    ],
    [{ status: 'failed', error: { code: 'A', message: 'b', retryable: 1 } }, 'INVALID_REQUEST', 'error.retryable'],
    [{ status: 'failed', error: { code: 'A', message: 'b', stack: 'c' } }, 'INVALID_REQUEST', 'error.stack'],
    [{ status: 'success', error: { code: 'A', message: 'b' } }, 'INVALID_REQUEST', 'error'],
    [{ error: { code: 'A', message: 'b' } }, 'INVALID_REQUEST', 'error'],
  ])('%j is refused', (body, code, path) => {
    const result = parsePublishBody(typeof body === 'string' ? body : JSON.stringify(body))
    expect(result).toMatchObject({ ok: false, error: { code } })
    const { error } = result as { error: { message: string; path?: string } }
    expect(error.message).toMatch(SENTENCE)
    expect(error.path).toBe(path)
  })

  it('has a limit for the depth of output and progress', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    const publish = (levels: number) => [
      parsePublishBody(`{"status":"success","output":${nested(levels)}}`),
      parsePublishBody(`{"progress":{"data":${nested(levels)}}}`),
    ]
    expect(publish(500)).toMatchObject([{ ok: true }, { ok: true }])
    expect(publish(501)).toMatchObject([{ error: { path: 'output' } }, { error: { path: 'progress.data' } }])
  })

  it('has a limit for the output', () => {
    expect(
      parsePublishBody(JSON.stringify({ status: 'success', output: 'x'.repeat(MAX_PAYLOAD_BYTES) })),
    ).toMatchObject({
      error: { code: 'PAYLOAD_TOO_LARGE', path: 'output' },
    })
  })
})
