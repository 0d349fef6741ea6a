import { MAX_FRAME_BYTES } from '../../../../protocol/kit/limits.ts'
import type { Chooser } from './mutate.ts'
import { breakUtf8, mutateText, mutateValue, NAMES } from './mutate.ts'

export interface FuzzedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

const JOB = {
  task: 'noop',
  input: { page: 1, names: ['Ada', { first: 'Al' }] },
  priority: 'low',
  attempts: 2,
  backoff: { initial: '1s', cap: '1m' },
  timeout: '5s',
  startWithin: '1h',
  ttl: '1h',
  metadata: { plan: 'pro', size: 3, paid: true },
  tags: ['a', 'b'],
  group: 'g1',
}

const PUBLISHES = [
  { progress: { percent: 40, message: 'page 2', data: { page: 2 } }, tags: ['x'], metadata: { a: 1 } },
  { status: 'success', output: { pages: [1, 2] }, task: 'external' },
  { status: 'failed', error: { code: 'OUT_OF_PAPER', message: 'Load tray 2.', retryable: true } },
]

const SCHEDULE = { name: 'nightly', cron: '0 3 ? * MON-FRI *', timezone: 'Europe/Berlin', paused: true, task: 'noop' }
const RETRIES = [{ ids: ['a', 'b'] }, { code: 'TASK_FAILED', prefix: 'x', limit: 5 }, { all: true, limit: 3 }]

/** A body, mutated as a value, as text or as bytes. A tenth stays valid. */
function mutated(choose: Chooser, value: unknown): string | Buffer {
  if (choose.chance(0.1)) return JSON.stringify(value)
  let changed = value
  for (let round = choose.number(3); round >= 0; round--) changed = mutateValue(choose, changed)
  const json = JSON.stringify(changed) ?? ''
  if (choose.chance(0.2)) return mutateText(choose, json)
  return choose.chance(0.05) ? breakUtf8(choose, json) : json
}

function jobOf(choose: Chooser, id: string): object {
  const names = [{ id }, { idempotencyKey: id }, { id, rerun: true }, {}, { id: choose.pick(NAMES) }]
  return { ...JOB, ...choose.pick(names) }
}

const SEGMENTS = ['%2e%2e', '%00', '%', '%ED%A0%80', '%F0%9F%98%80', 'a%20b', 'toString', '__proto__', '%2F', ';x=1']
const PARAMETERS = ['status', 'code', 'prefix', 'ids', 'since', 'until', 'task', 'tag', 'metadata.a', 'order', 'limit']
const VALUES = ['1', '-1', '1e9', '', '%', '%ED%A0%80', '%00', 'failed', 'failed,success', 'generated', 'x'.repeat(500)]

function pathOf(choose: Chooser, id: string): string {
  const name = choose.chance(0.3) ? choose.pick(SEGMENTS) : encodeURIComponent(id)
  const actions = ['', '/cancel', '/retry', '/publish', '/deliveries', '/no']
  const places = [`/jobs/${name}${choose.pick(actions)}`, `/schedules/${name}${choose.pick(['', '/pause', '/resume'])}`]
  const lists = [
    '/jobs',
    '/counts',
    '/failures',
    '/schedules',
    '/workers',
    '/webhooks/secret',
    '/',
    '//jobs//',
    '/Jobs',
  ]
  return choose.pick([...places, ...lists])
}

function queryOf(choose: Chooser): string {
  const names = [...PARAMETERS, 'cursor', 'include', 'after', 'queue', ...NAMES.slice(0, 12)]
  const one = (): string => {
    const name = choose.pick(names)
    // A URL carries half a character as U+FFFD.
    return `${encodeURIComponent(name)}=${choose.pick(VALUES)}`
  }
  return choose.chance(0.5) ? '' : `?${Array.from({ length: 1 + choose.number(3) }, one).join('&')}`
}

const HEADERS = [
  'toString',
  'constructor',
  '__proto__',
  'valueOf',
  'x-forwarded-for',
  'content-type',
  'accept',
  'origin',
]
const HEADER_VALUES = ['x', '', 'application/json', 'text/plain; charset=utf-16', '*/*', 'x'.repeat(2_000), '127.0.0.1']

function headersOf(choose: Chooser): Record<string, string> {
  return choose.chance(0.3) ? Object.fromEntries([[choose.pick(HEADERS), choose.pick(HEADER_VALUES)]]) : {}
}

/** Makes a request that is valid, or nearly so, or not at all. */
export function fuzzedRequest(choose: Chooser, id: string): FuzzedRequest {
  const headers = headersOf(choose)
  const post = (path: string, value: unknown): FuzzedRequest => ({
    method: 'POST',
    path: path + (choose.chance(0.05) ? queryOf(choose) : ''),
    headers,
    body: mutated(choose, value),
  })
  switch (choose.number(8)) {
    case 0:
    case 1:
      return post('/jobs', jobOf(choose, id))
    case 2:
      return post('/jobs', { jobs: [jobOf(choose, id), jobOf(choose, `${id}-2`)] })
    case 3:
      return post(`/jobs/${encodeURIComponent(`p-${id}`)}/publish`, choose.pick(PUBLISHES))
    case 4:
      return post('/schedules', { ...SCHEDULE, name: `s-${choose.number(20)}`, input: { id } })
    case 5:
      return post('/retries', choose.pick(RETRIES))
    default: {
      const method = choose.pick(['GET', 'GET', 'GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'OPTIONS', 'HEAD'])
      const request = { method, path: pathOf(choose, id) + queryOf(choose), headers }
      return method === 'POST' || method === 'PUT' ? { ...request, body: mutated(choose, {}) } : request
    }
  }
}

/** Makes the jobs of one request: a mutated one between two valid ones. */
export function mixedJobs(choose: Chooser, id: string): readonly unknown[] {
  return [{ task: 'noop' }, mutateValue(choose, jobOf(choose, id)), { task: 'noop', tags: ['😀'] }]
}

/** Makes the text of a frame that is valid, or nearly so, or not at all. */
export function fuzzedFrame(choose: Chooser, ref: number, id: string): string {
  const ids = [id, `${id}-2`, 'c.d']
  const frame = choose.pick([
    { type: 'submit', ref, jobs: [jobOf(choose, id), { task: 'noop' }] },
    { type: 'subscribe', ref, ids },
    { type: 'cancel', ref, ids },
    { type: 'ping', ref },
  ])
  const body = mutated(choose, frame)
  // A larger frame ends the connection, which is a test of its own.
  return Buffer.byteLength(body) <= MAX_FRAME_BYTES ? body.toString() : JSON.stringify(frame)
}
