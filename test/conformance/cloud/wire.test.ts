import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect as openTcp } from 'node:net'
import { WebSocket } from 'ws'
import type { LogEntry } from '../../../local/context.ts'
import type { ExecuteApi } from '../../../local/services/service.ts'
import { AwsError, type AwsApi, type AwsCall, type CallInterceptor, type Principal } from '../../../local/wire/call.ts'
import { renderJsonError } from '../../../local/wire/json-error.ts'
import { startWireServer, type WireServer } from '../../../local/wire/server.ts'

let server: WireServer
let url: string
let log: LogEntry[]

beforeEach(async () => {
  log = []
  server = await startWireServer(0, (entry) => log.push(entry))
  url = `http://127.0.0.1:${server.port}`
})
afterEach(() => server.close())

/** A service named `example` whose target header is `Example.<operation>`. */
function exampleApi(handle: (call: AwsCall) => string): AwsApi {
  return {
    service: 'example',
    match: ({ headers, path }) =>
      path.includes('/@connections/') ? 'Post' : String(headers['x-amz-target']).match(/^Example\.(.+)/)?.[1],
    authorizations: () => [],
    handle: async (awsCall) => ({ status: 200, body: handle(awsCall) }),
    renderError: (error) => renderJsonError(error),
  }
}

const ROLE: Principal = { kind: 'role', name: 'worker', roleArn: 'arn:aws:iam::000000000000:role/Worker' }
const OWNER: Principal = { kind: 'owner', name: 'client' }

function serve(api: AwsApi, interceptors: CallInterceptor[] = [], executeApis: ExecuteApi[] = []): void {
  const principalOf = (key: string | undefined): Principal => (key === 'ROLEKEY' ? ROLE : OWNER)
  server.serve({ apis: [api], executeApis, interceptors, principalOf })
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: Headers
}

async function call(headers: Record<string, string> = {}, path = '/'): Promise<Answer> {
  const answer = await fetch(url + path, {
    method: 'POST',
    headers: { 'x-amz-target': 'Example.Do', ...headers },
    body: '{"a":1}',
  })
  return { status: answer.status, body: await answer.text(), headers: answer.headers }
}

describe('the server', () => {
  it('returns 503 until the cloud is made', async () => {
    expect(await call()).toMatchObject({ status: 503, body: expect.stringContaining('still starting') })
    const socket = new WebSocket(`${url.replace('http', 'ws')}/_aws/execute-api/abc/v1`)
    const [error] = await once(socket, 'error')
    expect(String(error)).toContain('503')
  })

  it('passes a call on with its operation, its input and its caller', async () => {
    serve(exampleApi(({ operation, principal, input }) => JSON.stringify([operation, principal.name, input()])))
    const signed = (key: string): object => ({
      authorization: `AWS4-HMAC-SHA256 Credential=${key}/20260101/us-east-1/example/aws4_request, SignedHeaders=a, Signature=b`,
    })
    expect(await call({ ...signed('ROLEKEY') })).toMatchObject({ status: 200, body: '["Do","worker",{"a":1}]' })
    expect(await call({ ...signed('OTHER') })).toMatchObject({ status: 200, body: '["Do","client",{"a":1}]' })
    expect(await call({ authorization: 'nonsense' })).toMatchObject({ status: 200, body: '["Do","client",{"a":1}]' })
    const { headers } = await call()
    expect(headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('asks the interceptors from the outside in, and each may answer or refuse by itself', async () => {
    const seen: string[] = []
    const named =
      (name: string): CallInterceptor =>
      async (_call, next) => {
        seen.push(name)
        const answer = await next()
        seen.push(`${name} after`)
        return answer
      }
    serve(
      exampleApi(() => 'handled'),
      [named('outer'), named('inner')],
    )
    expect(await call()).toMatchObject({ status: 200, body: 'handled' })
    expect(seen).toEqual(['outer', 'inner', 'inner after', 'outer after'])

    serve(
      exampleApi(() => 'handled'),
      [() => Promise.resolve({ status: 201, body: 'mine' })],
    )
    expect(await call()).toMatchObject({ status: 201, body: 'mine' })

    const refuse: CallInterceptor = () => {
      throw new AwsError('ThrottlingException', 'Slow down.', 400, { retryAfterSeconds: 1 })
    }
    serve(
      exampleApi(() => 'handled'),
      [named('outer'), refuse],
    )
    const { status, body, headers } = await call()
    expect([status, headers.get('x-amzn-errortype')]).toEqual([400, 'ThrottlingException'])
    expect(JSON.parse(body)).toMatchObject({
      __type: 'ThrottlingException',
      message: 'Slow down.',
      retryAfterSeconds: 1,
    })
  })

  it('returns 500 for an unexpected error, and writes the stack to its log only', async () => {
    serve(
      exampleApi(() => {
        throw new TypeError('internals')
      }),
    )
    const { status, body } = await call()
    expect({ status, body: JSON.parse(body) }).toMatchObject({ status: 500, body: { __type: 'InternalFailure' } })
    expect(body).not.toMatch(/internals|\.ts/)
    expect(log).toMatchObject([{ source: 'example', level: 'error', message: expect.stringContaining('internals') }])
  })
})

describe('an AWS call', () => {
  const post = (headers: Record<string, string>) =>
    httpRequest(url, { method: 'POST', headers: { 'x-amz-target': 'Example.Do', ...headers } })

  async function statusOf(headers: Record<string, string>): Promise<number> {
    const sent = post(headers)
    sent.end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    response.resume()
    return response.statusCode!
  }

  it.each(['127.0.0.1:4510', 'localhost:1', 'sqs.localhost', '[::1]:80', 'host.docker.internal:4510'])(
    'is taken under the name %s',
    async (host) => {
      serve(exampleApi(() => 'handled'))
      expect(await statusOf({ host })).toBe(200)
    },
  )

  it.each(['rebound.example.com', 'localhost.example.com', '127.0.0.1.example.com', '1270.0.0.1'])(
    'is refused under the name %s, which a site may have pointed here',
    async (host) => {
      serve(exampleApi(() => 'handled'))
      expect(await statusOf({ host })).toBe(403)
    },
  )

  it('is refused if a page sends it, except by a service that is open to pages', async () => {
    const api = exampleApi(() => 'handled')
    serve(api)
    expect(await statusOf({ origin: 'https://example.com' })).toBe(403)
    expect(await statusOf({ origin: 'null' })).toBe(403)
    serve({ ...api, openToPages: true })
    expect(await statusOf({ origin: 'https://example.com' })).toBe(200)
    expect(await statusOf({ origin: 'https://example.com', host: 'rebound.example.com' })).toBe(403)
  })

  it('tells its service that the caller has hung up', async () => {
    let arrived = (_: AwsCall): void => {}
    const arrival = new Promise<AwsCall>((resolve) => (arrived = resolve))
    const api = exampleApi(() => '')
    serve({
      ...api,
      handle: (awsCall) => {
        arrived(awsCall)
        return new Promise(() => {})
      },
    })
    const sent = post({})
    sent.on('error', () => {})
    sent.end()
    const { hungUp } = await arrival
    expect(hungUp!.aborted).toBe(false)
    const noticed = once(hungUp!, 'abort')
    sent.destroy()
    await noticed
  })

  it('whose answer cannot be sent ends its connection and nothing else', async () => {
    serve({ ...exampleApi(() => ''), handle: async () => ({ status: 200, headers: { bad: 'a\nb' }, body: '' }) })
    const sent = post({})
    sent.end()
    await expect(once(sent, 'response')).rejects.toThrow('socket hang up')
    expect(log).toMatchObject([{ level: 'error', message: expect.stringContaining('could not be sent') }])
    serve(exampleApi(() => 'handled'))
    expect(await statusOf({})).toBe(200)
  })
})

describe('the end of the server', () => {
  it('does not wait for a client that was refused a socket and never hangs up', async () => {
    serve(exampleApi(() => ''))
    const client = openTcp({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
    client.on('error', () => {})
    client.write('GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    const [answer] = (await once(client, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1.1 404/)
    await server.close()
    client.destroy()
    server = await startWireServer(0, () => {})
  })
})

describe('a request to an API’s address', () => {
  const target: unknown[] = []
  const api: ExecuteApi = {
    owns: (apiId) => apiId === 'abc',
    handle(_request, response, { stage, path, query }) {
      if (path === '/broken') throw new Error('internals')
      target.push([stage, path, query.get('q')])
      response.end('from the API')
    },
  }

  beforeEach(() => {
    target.length = 0
    serve(
      exampleApi(({ path }) => path),
      [],
      [api],
    )
  })

  it('reaches the API with its stage, its path as it was encoded, and its query', async () => {
    expect(await call({}, '/_aws/execute-api/abc/v1/jobs/a%2Fb?q=1%202')).toMatchObject({
      status: 200,
      body: 'from the API',
    })
    expect(await call({}, '/_aws/execute-api/abc/v1')).toMatchObject({ status: 200, body: 'from the API' })
    expect(target).toEqual([
      ['v1', '/jobs/a%2Fb', '1 2'],
      ['v1', '/', null],
    ])
  })

  it('is an AWS call if it is about connections', async () => {
    const path = '/_aws/execute-api/abc/v1/@connections/id='
    expect(await call({}, path)).toMatchObject({ status: 200, body: path })
    expect(target).toEqual([])
  })

  it('is refused if no API has the id, or if the API takes no sockets', async () => {
    expect(await call({}, '/_aws/execute-api/other/v1/')).toMatchObject({
      status: 404,
      body: expect.stringContaining('other'),
    })
    const socket = new WebSocket(`${url.replace('http', 'ws')}/_aws/execute-api/abc/v1`)
    const [error] = await once(socket, 'error')
    expect(String(error)).toContain('404')
  })

  it('gets a 500 if the API fails unexpectedly', async () => {
    const { status, body } = await call({}, '/_aws/execute-api/abc/v1/broken')
    expect([status, body]).toEqual([500, '{"message":"Internal server error"}'])
    expect(log).toMatchObject([{ level: 'error', message: expect.stringContaining('internals') }])
  })
})
