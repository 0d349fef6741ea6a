import { describe, expect, it } from '@jest/globals'
import { buildSync } from 'esbuild'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '../../../../local/clock.ts'
import { openBrowserSocket } from '../../../../sdk/src/wire/browser-socket.ts'
import { JobwireError } from '../../../../sdk/src/api/errors.ts'
import { openNodeSocket } from '../../../../sdk/src/wire/node-socket.ts'
import type { OpenSocket } from '../../../../sdk/src/wire/socket.ts'
import { usePeer } from '../../peer/connect-to-peer.ts'
import { success, until } from '../../peer/scripted-peer.ts'

const setup = usePeer()

describe('connect', () => {
  it('asks the deployment for its description, with the token, however many slashes end the URL', async () => {
    const jobs = await setup.connect({}, { url: `${setup.peer.url}//` })
    expect(jobs.namespace).toBe('team')
    expect(setup.peer.requests).toEqual([{ method: 'GET', path: '/', authorization: 'Bearer secret', body: '' }])
  })

  it('calls a token callback for every request and every connection', async () => {
    let calls = 0
    const jobs = await setup.connect({}, { token: async () => `token-${++calls}` })
    await jobs.submit('resize')
    expect(setup.peer.requests[0]!.authorization).toBe('Bearer token-1')
    expect(setup.peer.socket.query.get('token')).toBe('token-2')
  })

  it.each([
    ['a refused token', [401, { error: { code: 'UNAUTHENTICATED', message: 'No.' } }], 'UNAUTHENTICATED', 1],
    ['API Gateway’s own refusal', [403, { message: 'Forbidden' }], 'FORBIDDEN', 1],
    ['another protocol version', [200, { protocol: 2, socketUrl: 'ws://x', namespace: 'n' }], 'BAD_ANSWER', 1],
    ['something that is not Jobwire', [200, '<html>'], 'BAD_ANSWER', 1],
    ['a wrong path', [404, 'Not here'], 'BAD_ANSWER', 1],
    ['a platform that stays busy', [503, 'Later'], 'UNAVAILABLE', 3],
  ] as const)('rejects on %s', async (_what, answer, code, requests) => {
    setup.peer.onRequest = () => answer
    const error = await setup.connect().catch((reason: unknown) => reason)
    expect(JobwireError.is(error)).toBe(true)
    expect(error).toMatchObject({ code })
    expect(setup.peer.requests).toHaveLength(requests)
  })

  it('rejects if nothing listens, and keeps the cause', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const connecting = setup.connect({}, { url: `http://127.0.0.1:${port}` })
    await expect(connecting).rejects.toMatchObject({ code: 'UNREACHABLE', cause: { message: 'fetch failed' } })
  })

  it.each(['timeout', 'signal'] as const)('gives up by its %s, and aborts its request', async (how) => {
    const clock = new ManualClock()
    const abort = new AbortController()
    let requests = 0
    let isTakenBack = false
    const silent = createHttpServer((_request, response) => {
      requests++
      response.on('close', () => (isTakenBack = true))
    })
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    try {
      const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
      const connecting = setup.connect({ clock }, { url, timeout: '10s', signal: abort.signal })
      const settled = connecting.catch((error: unknown) => error)
      await until(() => requests === 1)
      if (how === 'signal') abort.abort()
      else await clock.advance(10_000)
      expect(await settled).toMatchObject({ code: how === 'signal' ? 'ABORTED' : 'TIMEOUT' })
      await until(() => isTakenBack)
      await clock.advance(120_000)
      expect(requests).toBe(1)
    } finally {
      silent.closeAllConnections()
      silent.close()
    }
  })

  it('rejects if the token callback throws, and keeps the cause', async () => {
    const cause = new Error('signed out')
    const token = () => Promise.reject(cause)
    await expect(setup.connect({}, { token })).rejects.toMatchObject({ code: 'TOKEN_FAILED', cause })
  })

  it.each([
    [{ url: 'ws://127.0.0.1/v1' }, /"url" must be the REST address/],
    [{ url: undefined as never }, /"url" must be the REST address/],
    [{ token: '' }, /"token" must be a string, or a function/],
    [{ tokens: 'x' } as never, /There is no option "tokens"; there are: url, token/],
  ])('refuses %j before anything is sent', async (options, message) => {
    await expect(setup.connect({}, options)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(message),
    })
    expect(setup.peer.requests).toHaveLength(0)
  })
})

describe('close', () => {
  it('closes the connection with 1000 and rejects all waits', async () => {
    const jobs = await setup.connect()
    const job = await jobs.submit('resize')
    const updates = job.updates()
    await updates.next()
    setup.peer.onFrame = () => {}
    const waits = [job.result(), jobs.result('other'), jobs.submit('resize'), jobs.run('resize'), updates.next()]
    await until(() => setup.peer.socket.frames.length === 3)
    const closing = jobs.close()
    for (const outcome of await Promise.allSettled(waits)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'CLIENT_CLOSED' } })
    }
    await closing
    await until(() => setup.peer.socket.closeCode === 1000)
  })

  it('keeps ended jobs readable, and rejects later calls', async () => {
    const jobs = await setup.connect()
    const job = await jobs.submit('resize')
    setup.peer.socket.push(success(job.id, 'done'))
    await job.result()
    await jobs.close()
    await jobs.close()
    await expect(job.result()).resolves.toBe('done')
    for (const late of [jobs.submit('resize'), jobs.run('resize'), jobs.get('x'), jobs.result('x')]) {
      await expect(late).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
    }
  })

  it('does not wait for the close event of a browser', async () => {
    const clock = new ManualClock()
    const openSocket: OpenSocket = (url, events) => {
      const socket = openNodeSocket(url, { ...events, closed() {} })
      return { ...socket, close() {}, terminate: () => socket.terminate() }
    }
    const jobs = await setup.connect({ openSocket, clock })
    await jobs.submit('resize')
    const closing = jobs.close()
    await clock.advance(1_000)
    await expect(closing).resolves.toBeUndefined()
  })

  it('ends a connection that is still opening, and a REST request without an answer', async () => {
    const silent = createServer()
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo
    setup.peer.onRequest = ({ path }) =>
      path === '/' ? [200, { protocol: 1, socketUrl: `ws://127.0.0.1:${port}`, namespace: 'n' }] : undefined
    const jobs = await setup.connect()
    const connected = new Promise((resolve) => silent.once('connection', resolve))
    const submit = jobs.submit('resize')
    await connected
    await jobs.close()
    await expect(submit).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
    await new Promise((resolve) => silent.close(resolve))
  })
})

describe('an idle client', () => {
  it('lets a Node process end by itself, even with an open connection', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'jobwire-idle-'))
    try {
      const outfile = join(dir, 'idle.cjs')
      buildSync({
        stdin: { contents: IDLE_PROGRAM, resolveDir: process.cwd(), loader: 'ts' },
        bundle: true,
        platform: 'node',
        format: 'cjs',
        outfile,
      })
      setup.peer.onFrame = (frame, from) => {
        setup.peer.answer(frame, from)
        if (frame.type === 'submit') from.push(success(frame.jobs[0]!.id!, 'done'))
      }
      const child = spawn(process.execPath, [outfile, setup.peer.url], { stdio: ['ignore', 'pipe', 'inherit'] })
      let output = ''
      child.stdout.on('data', (chunk) => (output += chunk))
      const code = await new Promise((resolve) => child.on('exit', resolve))
      expect({ code, output }).toEqual({ code: 0, output: 'done\nnot waited for\n' })
      expect(setup.peer.sockets).toHaveLength(1)
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })
})

const IDLE_PROGRAM = `
import { connect } from './sdk/src/index.ts'
void main()
async function main() {
  const jobs = await connect({ url: process.argv[2]!, token: 'secret' })
  console.log(await jobs.run('resize'))
  await jobs.submit('resize')
  console.log('not waited for')
}
`

describe('the browser’s socket', () => {
  it('uses the WebSocket of the runtime', async () => {
    const { WebSocket } = await import('ws')
    const runtime = globalThis as { WebSocket?: unknown }
    const before = runtime.WebSocket
    runtime.WebSocket = WebSocket
    try {
      const jobs = await setup.connect({ openSocket: openBrowserSocket })
      const job = await jobs.submit('resize')
      setup.peer.socket.push(success(job.id, 'done'))
      await expect(job.result()).resolves.toBe('done')
      await jobs.close()
      await until(() => setup.peer.socket.closeCode === 1000)
    } finally {
      if (before === undefined) delete runtime.WebSocket
      else runtime.WebSocket = before
    }
  })
})
