import { describe, expect, it } from '@jest/globals'
import {
  parseCountQuery,
  parseFailureQuery,
  parseListQuery,
  parseRetryBody,
} from '../../../protocol/list/parse-list.ts'

const none = { tags: [], metadata: [] }

describe('the query of a list', () => {
  it('has defaults for everything', () => {
    expect(parseListQuery({})).toEqual({
      ok: true,
      value: { filter: none, statuses: [], order: 'asc', limit: 100, include: [] },
    })
  })

  it('is read with all its fields, each in one form', () => {
    const query = {
      status: ['failed,pending'],
      prefix: ['order:'],
      ids: ['generated'],
      since: ['2026-11-21T08:00:00Z'],
      until: ['1790000000000'],
      task: ['mail me'],
      tag: ['b', 'a'],
      'metadata.z': ['1'],
      'metadata.a.b': [''],
      order: ['desc'],
      limit: ['1000'],
      include: ['output,input'],
      cursor: ['abc'],
    }
    expect(parseListQuery({ ...query, until: ['2026-11-22'] })).toEqual({
      ok: true,
      value: {
        filter: {
          prefix: 'order:',
          generated: true,
          since: Date.UTC(2026, 10, 21, 8),
          until: Date.UTC(2026, 10, 22),
          task: 'mail me',
          tags: ['a', 'b'],
          metadata: [
            ['a.b', ''],
            ['z', '1'],
          ],
        },
        statuses: ['pending', 'failed'],
        order: 'desc',
        limit: 1_000,
        include: ['input', 'output'],
        cursor: 'abc',
      },
    })
  })

  it('asks for failed jobs if it names a code', () => {
    expect(parseListQuery({ code: ['E.1'] })).toMatchObject({ value: { code: 'E.1', statuses: ['failed'] } })
    expect(parseListQuery({ code: ['E.1'], status: ['failed'] })).toMatchObject({ ok: true })
  })

  it.each<[string, Record<string, string[]>, string?]>([
    ['limit', { limit: ['0'] }],
    ['limit', { limit: ['1001'] }],
    ['limit', { limit: ['1e2'] }],
    ['limit', { limit: ['10', '20'] }],
    ['status', { status: ['done'] }],
    ['status', { status: ['failed,'] }],
    ['status', { status: [''] }],
    ['order', { order: ['up'] }],
    ['include', { include: ['error'] }],
    ['prefix', { prefix: ['a b'] }],
    ['prefix', { prefix: ['x'.repeat(129)] }],
    ['ids', { ids: ['mine'] }],
    ['since', { since: ['yesterday'] }],
    ['since', { since: ['-1'] }],
    ['since', { since: ['2026-13-01'] }],
    ['since', { since: ['2026-11-21T08:00'] }],
    ['until', { since: ['5'], until: ['5'] }],
    ['task', { task: [''] }],
    ['tag', { tag: ['x'.repeat(65)] }],
    ['tag', { tag: Array.from({ length: 21 }, String) }],
    ['metadata.a', { 'metadata.a': ['x'.repeat(257)] }],
    ['metadata', Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`metadata.n${n}`, ['x']]))],
    ['metadata.', { 'metadata.': ['x'] }],
    ['code', { code: ['1x'] }],
    ['code', { code: ['E'], status: ['success'] }],
    ['colour', { colour: ['red'] }],
    ['__proto__', JSON.parse('{"__proto__":["x"]}') as Record<string, string[]>],
    ['cursor', { cursor: ['a b'] }, 'INVALID_CURSOR'],
    ['cursor', { cursor: ['x'.repeat(401)] }, 'INVALID_CURSOR'],
  ])('is refused for its %s: %j', (path, query, code = 'INVALID_REQUEST') => {
    const parsed = parseListQuery(query)
    expect(parsed).toMatchObject({ ok: false, error: { code, path } })
    expect(parsed.ok ? '' : parsed.error.message).toMatch(/^[A-Z].*[.]$/)
  })
})

describe('the query of counts', () => {
  it('has the filters of a list, and no limit', () => {
    expect(parseCountQuery({ prefix: ['b:'], cursor: ['c'] })).toEqual({
      ok: true,
      value: { filter: { ...none, prefix: 'b:' }, cursor: 'c' },
    })
    expect(parseCountQuery({ limit: ['1'] })).toMatchObject({ error: { path: 'limit' } })
    expect(parseFailureQuery({ prefix: ['b:'] })).toEqual({ ok: true, value: { prefix: 'b:' } })
    expect(parseFailureQuery({ status: ['failed'] })).toMatchObject({ error: { path: 'status' } })
  })
})

describe('the body of a retry', () => {
  it.each(['{"ids":["a","b"]}', '{"code":"E","limit":500,"cursor":"c","prefix":"p"}', '{"all":true}'])(
    'is read: %s',
    (text) => {
      expect(parseRetryBody(text)).toEqual({ ok: true, value: JSON.parse(text) as unknown })
    },
  )

  it.each<[string, string, string | null]>([
    ['{', 'INVALID_JSON', null],
    ['[]', 'INVALID_REQUEST', null],
    ['{}', 'INVALID_REQUEST', null],
    ['{"ids":["a"],"all":true}', 'INVALID_REQUEST', 'all'],
    ['{"all":false}', 'INVALID_REQUEST', 'all'],
    ['{"ids":[]}', 'INVALID_REQUEST', 'ids'],
    ['{"ids":"a"}', 'INVALID_REQUEST', 'ids'],
    ['{"ids":["a","b c"]}', 'INVALID_ID', 'ids.1'],
    ['{"ids":["a"],"limit":3}', 'INVALID_REQUEST', 'limit'],
    ['{"code":""}', 'INVALID_REQUEST', 'code'],
    ['{"code":7}', 'INVALID_REQUEST', 'code'],
    ['{"all":true,"limit":501}', 'INVALID_REQUEST', 'limit'],
    ['{"all":true,"prefix":"#"}', 'INVALID_REQUEST', 'prefix'],
    ['{"all":true,"cursor":"%"}', 'INVALID_CURSOR', 'cursor'],
    ['{"every":true}', 'INVALID_REQUEST', 'every'],
  ])('is refused: %s', (text, code, path) => {
    const parsed = parseRetryBody(text)
    expect(parsed).toMatchObject({ ok: false, error: { code, ...(path === null ? {} : { path }) } })
  })

  it('is refused with more ids than one request takes', () => {
    const ids = Array.from({ length: 501 }, (_, n) => `a${n}`)
    expect(parseRetryBody(JSON.stringify({ ids }))).toMatchObject({ error: { code: 'PAYLOAD_TOO_LARGE', path: 'ids' } })
  })
})
