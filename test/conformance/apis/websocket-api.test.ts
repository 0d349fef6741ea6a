import { connect as openTcp } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { connect, deferred, HandshakeError, policy, THROTTLED } from './execute-api-cloud.ts'
import type { Behaviour, Client, Event, Handshake } from './execute-api-cloud.ts'
import { startSocketCloud } from './websocket-api-cloud.ts'
import type { SocketCloud } from './websocket-api-cloud.ts'

let cloud: SocketCloud
let authorizer: Behaviour
/** By event type. */
let on: Record<'CONNECT' | 'MESSAGE' | 'DISCONNECT', Behaviour>

const behaviours = {
  authorizer: (event: Event) => authorizer(event),
  socket: (event: Event) => on[event['requestContext'].eventType as keyof typeof on](event),
}

beforeEach(async () => {
  authorizer = (event) => policy('Allow', event['methodArn'] as string, { namespace: 'a', level: 7 })
  on = {
    CONNECT: () => ({ statusCode: 200 }),
    MESSAGE: (event) => ({ statusCode: 200, body: `echo ${event['body']}` }),
    DISCONNECT: () => ({ statusCode: 200 }),
  }
  cloud = await startSocketCloud(behaviours)
})

afterEach(() => cloud.close())

const open = (query = '?token=t', handshake: Handshake = {}): Promise<Client> => connect(cloud.url + query, handshake)

async function refusal(query?: string): Promise<[status: number, message: unknown]> {
  const error: unknown = await open(query).catch((reason: unknown) => reason)
  if (!(error instanceof HandshakeError)) throw new Error('The handshake was not refused.', { cause: error })
  return [error.status, (JSON.parse(error.body) as { message: unknown }).message]
}

describe('the handshake', () => {
  it('tells the authorizer and $connect about the caller', async () => {
    await open('?token=t&session=s&tag=1&tag=2', { headers: { 'X-Trace': 'abc' } })
    const [asked] = cloud.eventsOf('authorizer')
    expect(asked).toMatchObject({
      type: 'REQUEST',
      methodArn: `arn:aws:execute-api:us-east-1:000000000000:${cloud.apiId}/v1/$connect`,
      queryStringParameters: { token: 't', session: 's', tag: '2' },
      stageVariables: {},
      requestContext: { routeKey: '$connect', eventType: 'CONNECT', stage: 'v1' },
    })
    const [event] = cloud.eventsOf('socket')
    expect(event).toEqual({
      headers: expect.objectContaining({
        'X-Trace': 'abc',
        'X-Forwarded-For': '127.0.0.1',
        'Sec-WebSocket-Version': '13',
      }),
      multiValueHeaders: expect.objectContaining({ 'X-Trace': ['abc'] }),
      queryStringParameters: { token: 't', session: 's', tag: '2' },
      multiValueQueryStringParameters: { token: ['t'], session: ['s'], tag: ['1', '2'] },
      requestContext: {
        routeKey: '$connect',
        eventType: 'CONNECT',
        authorizer: { namespace: 'a', level: '7', principalId: 'ann', integrationLatency: 0 },
        connectionId: expect.stringMatching(/^[\w-]{15}=$/),
        requestId: expect.stringMatching(/^[\w-]{15}=$/),
        extendedRequestId: expect.stringMatching(/^[\w-]{15}=$/),
        requestTime: '01/Jan/2026:00:00:00 +0000',
        requestTimeEpoch: Date.UTC(2026, 0, 1),
        connectedAt: Date.UTC(2026, 0, 1),
        messageDirection: 'IN',
        stage: 'v1',
        identity: { sourceIp: '127.0.0.1' },
        domainName: `${cloud.apiId}.execute-api.us-east-1.amazonaws.com`,
        apiId: cloud.apiId,
      },
      isBase64Encoded: false,
    })
  })

  it('is refused without an identity, and calls no function', async () => {
    expect(await refusal('')).toEqual([401, 'Unauthorized'])
    expect(await refusal('?token=')).toEqual([401, 'Unauthorized'])
    expect(cloud.calls).toEqual([])
  })

  it('is refused as the authorizer says', async () => {
    authorizer = () => Promise.reject(new Error('Unauthorized'))
    expect(await refusal()).toEqual([401, 'Unauthorized'])
    authorizer = () => policy('Deny', '*')
    expect((await refusal())[0]).toBe(403)
    authorizer = () => Promise.reject(new Error('no secret'))
    expect((await refusal())[0]).toBe(500)
    authorizer = () => ({ principalId: 'ann' })
    expect((await refusal())[0]).toBe(500)
    expect(cloud.eventsOf('socket')).toEqual([])
  })

  it('is refused with the status of $connect, and with 502 if $connect fails', async () => {
    on.CONNECT = () => ({ statusCode: 409 })
    expect((await refusal())[0]).toBe(409)
    on.CONNECT = () => Promise.reject(new Error('broken'))
    expect((await refusal())[0]).toBe(502)
    on.CONNECT = () => undefined
    expect((await refusal())[0]).toBe(502)
    on.CONNECT = () => Promise.reject(THROTTLED)
    expect((await refusal())[0]).toBe(502)
    expect(cloud.billed()).toEqual({})
  })

  it('is refused at an unknown stage', async () => {
    const error: unknown = await connect(`${cloud.url}2?token=t`).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ status: 403 })
  })

  it('agrees on a subprotocol only if $connect returns one', async () => {
    on.CONNECT = () => ({ statusCode: 200, headers: { 'Sec-WebSocket-Protocol': 'jobs.v1' } })
    expect((await open('?token=t', { protocols: ['token.abc', 'jobs.v1'] })).protocol).toBe('jobs.v1')
    on.CONNECT = () => ({ statusCode: 200 })
    await expect(open('?token=t', { protocols: ['jobs.v1'] })).rejects.toThrow('Server sent no subprotocol')
  })

  it('takes a connection back if the client left while $connect ran', async () => {
    const [connecting, answer, disconnected] = [deferred(), deferred<object>(), deferred<Event>()]
    on.CONNECT = () => {
      connecting.resolve()
      return answer.promise
    }
    on.DISCONNECT = disconnected.resolve
    const { hostname, port, pathname } = new URL(cloud.url)
    const socket = openTcp(Number(port), hostname)
    socket.write(
      `GET ${pathname}?token=t HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
    await connecting.promise
    socket.destroy()
    answer.resolve({ statusCode: 200 })
    expect((await disconnected.promise)['requestContext'].disconnectStatusCode).toBe(1006)
  })
})

describe('a message', () => {
  it('reaches the function with its body and the authorizer of the handshake', async () => {
    const client = await open()
    client.socket.send('{"type":"ping"}')
    expect(await client.next()).toBe('echo {"type":"ping"}')
    const [connected, event] = cloud.eventsOf('socket')
    expect(event).toEqual({
      requestContext: {
        ...connected!['requestContext'],
        routeKey: '$default',
        eventType: 'MESSAGE',
        messageId: expect.stringMatching(/^[\w-]{15}=$/),
        requestId: expect.stringMatching(/^[\w-]{15}=$/),
        extendedRequestId: expect.stringMatching(/^[\w-]{15}=$/),
      },
      body: '{"type":"ping"}',
      isBase64Encoded: false,
    })
  })

  it('gets an answer only if the route has a response and the function returns a body', async () => {
    await cloud.close()
    cloud = await startSocketCloud(behaviours, { routes: ['silent', '$default'] })
    const client = await open()
    on.MESSAGE = (event) => ({
      statusCode: 500,
      body: event['requestContext'].routeKey === 'silent' ? 'no' : event['body'],
    })
    client.socket.send('{"type":"silent"}')
    client.socket.send('')
    client.socket.send('not JSON')
    expect(await client.next()).toBe('not JSON')
    expect(cloud.eventsOf('socket').map((event) => event['requestContext'].routeKey)).toEqual([
      '$connect',
      'silent',
      '$default',
      '$default',
    ])
  })

  it('without a route gets a Forbidden frame', async () => {
    await cloud.close()
    cloud = await startSocketCloud(behaviours, { routes: ['known'] })
    const client = await open()
    for (const message of ['{"type":"unknown"}', 'not JSON', '{"type":"$connect"}', '[]', 'null']) {
      client.socket.send(message)
      expect(await client.next()).toMatch(
        /^\{"message": "Forbidden", "connectionId":"[\w-]{15}=", "requestId":"[\w-]{15}="\}$/,
      )
    }
    client.socket.send('{"type":"known"}')
    expect(await client.next()).toBe('echo {"type":"known"}')
    expect(cloud.eventsOf('socket')).toHaveLength(2)
  })

  it.each<[string, Behaviour]>([
    ['throws', () => Promise.reject(new Error('broken'))],
    ['is throttled', () => Promise.reject(THROTTLED)],
    ['returns nothing', () => undefined],
    ['returns more than a message may have', () => ({ statusCode: 200, body: 'x'.repeat(128 * 1024 + 1) })],
  ])('gets an error frame if the function %s', async (_, behaviour) => {
    const client = await open()
    on.MESSAGE = behaviour
    client.socket.send('{}')
    expect(JSON.parse(await client.next())).toEqual({
      message: 'Internal server error',
      connectionId: cloud.eventsOf('socket')[1]!['requestContext'].connectionId,
      requestId: cloud.eventsOf('socket')[1]!['requestContext'].requestId,
    })
    on.MESSAGE = () => ({ statusCode: 200, body: 'still open' })
    client.socket.send('{}')
    expect(await client.next()).toBe('still open')
  })

  it('does not wait for the one before it', async () => {
    const first = deferred<object>()
    on.MESSAGE = (event) => (event['body'] === '1' ? first.promise : { statusCode: 200, body: 'second' })
    const client = await open()
    client.socket.send('1')
    client.socket.send('2')
    expect(await client.next()).toBe('second')
    first.resolve({ statusCode: 200, body: 'first' })
    expect(await client.next()).toBe('first')
  })

  it('is throttled by the settings of the stage', async () => {
    await cloud.close()
    const DefaultRouteSettings = { ThrottlingRateLimit: 1, ThrottlingBurstLimit: 2 }
    cloud = await startSocketCloud(behaviours, { stage: { DefaultRouteSettings } })
    const client = await open()
    client.socket.send('1')
    client.socket.send('2')
    const answers = [await client.next(), await client.next()]
    expect(answers).toContain('echo 1')
    expect(answers.join()).toContain('{"message": "Too Many Requests"')
    await cloud.clock.advance(1_000)
    client.socket.send('3')
    expect(await client.next()).toBe('echo 3')
  })
})

describe('the end of a connection', () => {
  it.each<[string, number | undefined, string, number, string]>([
    ['its code and reason', 3_000, 'done', 3_000, 'done'],
    ['that it gave none', undefined, '', 1_005, 'Client-side close frame status not set'],
  ])('is reported to $disconnect with %s', async (_, code, reason, toldCode, toldReason) => {
    const disconnected = deferred<Event>()
    on.DISCONNECT = disconnected.resolve
    const client = await open()
    client.socket.close(code, reason)
    expect(await disconnected.promise).toMatchObject({
      headers: { Host: `${cloud.apiId}.execute-api.us-east-1.amazonaws.com`, 'x-api-key': '' },
      requestContext: {
        routeKey: '$disconnect',
        eventType: 'DISCONNECT',
        connectionId: cloud.eventsOf('socket')[0]!['requestContext'].connectionId,
        disconnectStatusCode: toldCode,
        disconnectReason: toldReason,
        authorizer: { namespace: 'a', principalId: 'ann' },
      },
    })
  })

  it('is reported even if the client vanishes', async () => {
    const disconnected = deferred<Event>()
    on.DISCONNECT = disconnected.resolve
    ;(await open()).socket.terminate()
    expect((await disconnected.promise)['requestContext'].disconnectStatusCode).toBe(1006)
  })
})

describe('the template', () => {
  it('may have an HTTP API as an OpenAPI document, which has no protocol and nothing behind it', async () => {
    const create = (properties: object) => cloud.create('Document', 'AWS::ApiGatewayV2::Api', { ...properties })
    await expect(create({ Body: { openapi: '3.0.1' } })).resolves.toMatchObject({
      standIn: { reason: expect.stringContaining('no HTTP APIs') },
    })
    await expect(create({ Name: 'neither' })).rejects.toThrow('ProtocolType is missing')
  })

  it('is refused with the name of a part that is not implemented', async () => {
    const create = (type: string, properties: Record<string, unknown>) =>
      cloud.create('X', `AWS::ApiGatewayV2::${type}`, { ApiId: cloud.apiId, ...properties })
    await expect(create('Api', { ProtocolType: 'OTHER' })).rejects.toThrow('OTHER is not implemented')
    await expect(create('Integration', { IntegrationType: 'HTTP_PROXY' })).rejects.toThrow('HTTP_PROXY')
    await expect(create('Route', { RouteKey: 'x', AuthorizationType: 'AWS_IAM' })).rejects.toThrow('AWS_IAM')
    await expect(create('Stage', { StageName: 's', RouteSettings: {} })).rejects.toThrow('RouteSettings')
  })
})
