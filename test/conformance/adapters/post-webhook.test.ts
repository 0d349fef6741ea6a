import { afterEach, describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import type { WebhookAnswer } from '../../../lambdas/domain/webhooks/post-webhook.ts'
import { createPostWebhook, type PostParts, type Resolve } from '../../../lambdas/web/post-webhook.ts'
import { ManualClock } from '../../../local/clock.ts'

const HERE = [{ address: '127.0.0.1', family: 4 }]
const ca = readFileSync('test/fixtures/tls/receiver.crt', 'utf8')
const key = readFileSync('test/fixtures/tls/receiver.key', 'utf8')

let clock = new ManualClock()
const servers: { server: Server; sockets: Set<Socket> }[] = []

afterEach(async () => {
  clock = new ManualClock()
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** Starts a server that counts its connections. */
async function listen(server: Server): Promise<{ port: number; connections: () => number }> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    // Some requests are broken off.
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push({ server, sockets })
  return { port: (server.address() as AddressInfo).port, connections: () => sockets.size }
}

function post(url: string, parts: Partial<PostParts> = {}): Promise<WebhookAnswer> {
  const send = createPostWebhook({ targets: 'any', clock, ...parts })
  return send({ url, body: '{"type":"job.success"}', headers: { 'webhook-id': 'msg_1' } })
}

/** Makes a name server that gives each question the next of its answers. */
function resolver(...answers: string[][]): { resolve: Resolve; asked: string[] } {
  const asked: string[] = []
  const resolve: Resolve = async (host) => {
    const addresses = answers[Math.min(asked.push(host), answers.length) - 1]!
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
  return { resolve, asked }
}

/** Makes a promise that is resolved by `fire`. */
function signal(): { promise: Promise<void>; fire: () => void } {
  let fire!: () => void
  const promise = new Promise<void>((resolve) => (fire = resolve))
  return { promise, fire }
}

describe('a request to the receiver of a webhook', () => {
  it('carries the body and its headers, and gives the status and when to come again', async () => {
    const seen: unknown[] = []
    const answer: RequestListener = (request, response) => {
      const { method, url, headers } = request
      request.on('data', (chunk: Buffer) => seen.push({ method, url, headers, body: chunk.toString() }))
      request.on('end', () => response.writeHead(503, { 'retry-after': '120' }).end('busy'))
    }
    const { port } = await listen(createServer(answer))
    const url = `http://127.0.0.1:${port}/jobs?tenant=a`
    expect(await post(url)).toEqual({ status: 503, retryAfter: '120' })
    expect(seen).toEqual([
      {
        method: 'POST',
        url: '/jobs?tenant=a',
        headers: {
          'webhook-id': 'msg_1',
          'user-agent': 'Jobwire-Webhooks/1',
          'content-length': '22',
          connection: 'close',
          host: `127.0.0.1:${port}`,
        },
        body: '{"type":"job.success"}',
      },
    ])
  })

  it('goes over TLS to the name that was asked for, whose certificate must be good', async () => {
    const { port } = await listen(createTlsServer({ cert: ca, key }, (_request, response) => response.end()))
    const { resolve } = resolver(['127.0.0.1'])
    expect(await post(`https://receiver.example:${port}/`, { resolve, ca })).toEqual({ status: 200 })
    for (const answer of [
      await post(`https://receiver.example:${port}/`, { resolve }),
      await post(`https://other.example:${port}/`, { resolve, ca }),
    ]) {
      expect(answer).toMatchObject({ error: 'TLS_FAILED' })
    }
  })

  it('is reported with its own reason if it has no TLS, no HTTP, or no address', async () => {
    const { port: plain } = await listen(createServer((_request, response) => response.end()))
    expect(await post(`https://127.0.0.1:${plain}/`)).toMatchObject({ error: 'TLS_FAILED' })
    const { port: strange } = await listen(createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')))
    expect(await post(`http://127.0.0.1:${strange}/`)).toMatchObject({ error: 'CONNECTION_FAILED' })
    const { port: loud } = await listen(
      createTcpServer((socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`)),
    )
    expect(await post(`http://127.0.0.1:${loud}/`)).toMatchObject({ error: 'CONNECTION_FAILED' })
    const { port: closed } = await listen(createTcpServer())
    await new Promise((resolve) => servers.pop()!.server.close(resolve))
    expect(await post(`http://127.0.0.1:${closed}/`)).toMatchObject({ error: 'CONNECTION_FAILED' })
    const resolve: Resolve = () => Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }))
    expect(await post('http://nobody.example/', { resolve })).toMatchObject({ error: 'ADDRESS_NOT_FOUND' })
    expect(await post('http://empty.example/', resolver([]))).toMatchObject({ error: 'ADDRESS_NOT_FOUND' })
  })
})

describe('a receiver that takes long or sends much', () => {
  it('has ten seconds in all, the look-up of its name included', async () => {
    const { promise, fire } = signal()
    const { port } = await listen(createServer(fire))
    const answer = post(`http://127.0.0.1:${port}/`)
    await promise
    await clock.advance(9_999)
    const later = post('http://slow.example/', { resolve: () => new Promise(() => undefined) })
    await clock.advance(1)
    expect(await answer).toMatchObject({ error: 'TIMEOUT' })
    await clock.advance(10_000)
    expect(await later).toMatchObject({ error: 'TIMEOUT' })
  })

  it('is not connected to once the time is over', async () => {
    const { port, connections } = await listen(createServer((_request, response) => response.end()))
    let found!: (addresses: typeof HERE) => void
    const resolve = () => new Promise<typeof HERE>((done) => (found = done))
    const answer = post(`http://slow.example:${port}/`, { resolve })
    await clock.advance(10_000)
    expect(await answer).toMatchObject({ error: 'TIMEOUT' })
    found(HERE)
    await post(`http://127.0.0.1:${port}/`)
    expect(connections()).toBe(1)
  })

  it('is read for a few KB only', async () => {
    const { promise, fire } = signal()
    const server = createServer((_request, response) => {
      const pour = (): void => {
        while (response.write('z'.repeat(64 * 1024)));
      }
      response.on('drain', pour).on('close', fire)
      pour()
    })
    const { port } = await listen(server)
    expect(await post(`http://127.0.0.1:${port}/`)).toEqual({ status: 200 })
    await promise
  })

  it('has its status accepted, even if its body does not end or breaks off', async () => {
    const { promise, fire } = signal()
    const server = createServer((request, response) => {
      response.writeHead(201, { 'content-length': '1000' })
      response.write('a', fire)
      if (request.url === '/breaks') response.destroy()
    })
    const { port } = await listen(server)
    const endless = post(`http://127.0.0.1:${port}/`)
    await promise
    // The answer is on its way back: the answer to a second request shows that it has arrived.
    await post(`http://127.0.0.1:${port}/breaks`)
    await clock.advance(10_000)
    expect(await endless).toEqual({ status: 201 })
  })

  it('is not followed to another address', async () => {
    const { port: inside, connections } = await listen(createServer((_request, response) => response.end()))
    const location = `http://127.0.0.1:${inside}/secrets`
    const { port } = await listen(createServer((_request, response) => response.writeHead(307, { location }).end()))
    expect(await post(`http://127.0.0.1:${port}/`)).toEqual({ status: 307 })
    expect(connections()).toBe(0)
  })
})

describe('an address that is not public', () => {
  it.each([
    ...['https://127.0.0.1', 'https://2130706433', 'https://0x7f.1', 'https://0177.0.0.1', 'https://[::1]'],
    ...[
      'https://[::ffff:127.0.0.1]',
      'https://169.254.169.254',
      'https://localhost',
      'http://example.com',
      'https://me@example.com',
    ],
  ])('is refused without a look-up: %s', async (url) => {
    const { resolve, asked } = resolver(['127.0.0.1'])
    expect(await post(`${url}/`, { targets: 'public', resolve })).toMatchObject({ error: 'ADDRESS_REFUSED' })
    expect(asked).toEqual([])
  })

  it.each([
    ['127.0.0.1'],
    ['93.184.216.34', '10.0.0.7'],
    ['::ffff:93.184.216.34'],
    ['2606:4700::1', 'fe80::1%eth0'],
    ['64:ff9b::7f00:1'],
  ])('is not connected to, even if only one of its addresses is not public: %s %s', async (...addresses) => {
    const { port, connections } = await listen(createServer((_request, response) => response.end()))
    const { resolve, asked } = resolver(addresses)
    const answer = await post(`https://inside.example:${port}/`, { targets: 'public', resolve })
    expect(answer).toMatchObject({ error: 'ADDRESS_REFUSED', reason: expect.stringContaining('inside.example is at ') })
    expect([asked, connections()]).toEqual([['inside.example'], 0])
  })

  it('is not reached by a name that points elsewhere a moment later: the name is looked up once', async () => {
    const { port } = await listen(
      createServer((request, response) =>
        response.writeHead(request.headers.host === `rebinds.example:${port}` ? 200 : 500).end(),
      ),
    )
    const { resolve, asked } = resolver(['127.0.0.1'], ['127.0.0.2'])
    expect(await post(`http://rebinds.example:${port}/`, { resolve })).toEqual({ status: 200 })
    expect(asked).toEqual(['rebinds.example'])
  })
})
