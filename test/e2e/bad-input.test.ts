import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { ErrorFrame, ServerFrame } from '../../protocol/wire/frames.ts'
import { MAX_FRAME_BYTES, MAX_PAYLOAD_BYTES } from '../../protocol/kit/limits.ts'
import { frameOf } from './support/frames.ts'
import { RawSocket } from './support/raw-socket.ts'
import { itNeeds, mintToken, rest, uniqueNamespace } from './support/target.ts'

const namespace = uniqueNamespace()
let token: string
let socket: RawSocket

beforeAll(async () => {
  token = await mintToken(namespace)
  socket = await RawSocket.open({ token, session: 'bad-input' })
})
afterAll(() => RawSocket.cutAll())

const post = (body: string) => rest('/jobs', { method: 'POST', token, body })
const isErrorFor =
  (ref: number | undefined) =>
  (frame: ServerFrame): frame is ErrorFrame =>
    frame.type === 'error' && frame.ref === ref

/** Every error has a code and a sentence. */
function expectError(body: any, code: string): void {
  expect(body.error.code).toBe(code)
  expect(body.error.message).toMatch(/^.{10,}\.$/s)
}

describe('over REST', () => {
  it.each([
    ['malformed JSON', '{"task": ', 400, 'INVALID_JSON', undefined],
    ['no body', '', 400, 'INVALID_JSON', undefined],
    ['a wrong type', '{"task": 7}', 400, 'INVALID_REQUEST', 'task'],
    ['an unknown field', '{"task": "greet", "colour": "red"}', 400, 'INVALID_REQUEST', 'colour'],
    ['an unknown priority', '{"task": "greet", "priority": "urgent"}', 400, 'INVALID_REQUEST', 'priority'],
    ['an unknown task', '{"task": "no-such-task"}', 400, 'UNKNOWN_TASK', 'task'],
    ['a bad id', '{"task": "greet", "id": "a b"}', 400, 'INVALID_ID', 'id'],
    ['half a character', String.raw`{"task": "greet", "tags": ["\ud83d"]}`, 400, 'INVALID_REQUEST', 'tags.0'],
    ['no jobs at all', '{"jobs": []}', 400, 'INVALID_REQUEST', 'jobs'],
    [
      'a payload over its limit',
      JSON.stringify({ task: 'echo', input: 'x'.repeat(MAX_PAYLOAD_BYTES) }),
      413,
      'PAYLOAD_TOO_LARGE',
      'input',
    ],
  ])('%s', async (_, body, status, code, path) => {
    const answer = await post(body)
    expect(answer.status).toBe(status)
    expectError(answer.body, code)
    expect(answer.body.error.path).toBe(path)
  })

  it('an unknown route', async () => {
    const answer = await rest('/no/such/route', { token })
    expect(answer.status).toBe(404)
    expectError(answer.body, 'UNKNOWN_ROUTE')
  })

  it('a method that the route does not have', async () => {
    const answer = await rest('/jobs', { method: 'DELETE', token })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('POST, GET')
    expectError(answer.body, 'METHOD_NOT_ALLOWED')
  })

  it('a job that nobody submitted', async () => {
    const answer = await rest('/jobs/nobody-submitted-this', { token })
    expect(answer.status).toBe(404)
    expectError(answer.body, 'JOB_NOT_FOUND')
  })

  it.each([
    ['no token', () => Promise.resolve(undefined)],
    ['an invalid token', () => Promise.resolve('abc')],
    ['an expired token', () => mintToken(namespace, -60)],
    ['a token with a changed claim', async () => tamper(await mintToken(namespace))],
  ])('%s', async (_, makeToken) => {
    const badToken = await makeToken()
    const answer = await rest('/jobs/x', badToken === undefined ? {} : { token: badToken })
    expect(answer.status).toBe(401)
    expectError(answer.body, 'UNAUTHENTICATED')
  })

  itNeeds('bodyLimit', 'a body over 10 MB', async () => {
    const answer = await post('x'.repeat(10 * 1024 * 1024 + 1))
    expect(answer.status).toBe(413)
    expectError(answer.body, 'PAYLOAD_TOO_LARGE')
  })

  it('lets a browser of any origin read the answers, errors too', async () => {
    for (const answer of [await post('{'), await rest('/jobs/x'), await rest('/no/such/route', { token })]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    }
  })
})

describe('over the socket', () => {
  it.each([
    ['malformed JSON', '{"type": "submit"', undefined, 'INVALID_JSON'],
    ['not an object', '[]', undefined, 'INVALID_REQUEST'],
    ['an unknown frame', '{"type": "dance", "ref": 10}', 10, 'UNKNOWN_FRAME'],
    ['a wrong type', '{"type": "submit", "ref": 11, "jobs": 7}', 11, 'INVALID_REQUEST'],
  ])('%s', async (_, text, ref, code) => {
    const before = socket.frames.filter((frame) => frame.type === 'error').length
    socket.sendText(text)
    const frame = await socket.frame(
      (candidate): candidate is ErrorFrame =>
        isErrorFor(ref)(candidate) && candidate.error.code === code && socket.frames.length > before,
    )
    expectError(frame, code)
  })

  it('a job that cannot be accepted does not spoil its neighbours', async () => {
    socket.send({ type: 'submit', ref: 20, jobs: [{ task: 'no-such-task' }, { task: 'greet', input: { name: 'Al' } }] })
    const accepted = await socket.frame(frameOf('accepted', 20))
    expect(accepted.jobs).toMatchObject([{ error: { code: 'UNKNOWN_TASK' } }, { status: 'pending' }])
  })

  it('half a character in one job does not spoil its neighbours, wherever it is', async () => {
    const half = '\ud83d'
    const greet = { task: 'greet', input: { name: 'Al' } }
    const bad = [{ tags: [half] }, { metadata: { a: half } }, { group: half }, { idempotencyKey: half }]
    const jobs = [...bad.map((fields) => ({ ...greet, ...fields })), greet]
    socket.send({ type: 'submit', ref: 21, jobs })
    const accepted = await socket.frame(frameOf('accepted', 21))
    const error = { code: 'INVALID_REQUEST', path: expect.any(String) }
    expect(accepted.jobs).toMatchObject([...bad.map(() => ({ error })), { status: 'pending' }])
  })

  const refusals = [
    ['no token', () => Promise.resolve({ session: 's' })],
    ['a bad token', () => Promise.resolve({ token: 'abc', session: 's' })],
    ['an expired token', async () => ({ token: await mintToken(namespace, -60), session: 's' })],
  ] as const
  for (const [title, makeQuery] of refusals) {
    it(`${title}: the handshake is refused`, async () => {
      await expect(RawSocket.open(await makeQuery())).rejects.toThrow('refused with')
    })
    itNeeds('authorizerStatus', `${title}: the handshake is refused with 401`, async () => {
      await expect(RawSocket.open(await makeQuery())).rejects.toThrow('refused with 401')
    })
  }

  itNeeds('frameLimits', 'a frame over 32 KB closes the connection with 1009', async () => {
    const victim = await RawSocket.open({ token, session: 'too-much' })
    victim.sendText('x'.repeat(MAX_FRAME_BYTES + 1))
    expect(await victim.closed).toEqual({ code: 1009 })
  })
})

function tamper(original: string): string {
  const [header, , signature] = original.split('.')
  const claims = Buffer.from(JSON.stringify({ ns: 'another', sub: 'e2e', exp: 4_102_444_800 })).toString('base64url')
  return `${header}.${claims}.${signature}`
}
