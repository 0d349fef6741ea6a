import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { connect, deferred, policy } from './execute-api-cloud.ts'
import type { Event } from './execute-api-cloud.ts'
import { clientSettings } from '../cloud/client-settings.ts'
import { startSocketCloud } from './websocket-api-cloud.ts'
import type { SocketCloud } from './websocket-api-cloud.ts'

let cloud: SocketCloud
let client: ApiGatewayManagementApiClient
let onConnect: (connectionId: string) => unknown
let disconnected: ReturnType<typeof deferred<Event>>

beforeEach(async () => {
  onConnect = () => undefined
  disconnected = deferred<Event>()
  cloud = await startSocketCloud({
    authorizer: () => policy('Allow', '*'),
    async socket(event) {
      const { eventType, connectionId } = event['requestContext']
      if (eventType === 'CONNECT') await onConnect(connectionId as string)
      if (eventType === 'DISCONNECT') disconnected.resolve(event)
      return { statusCode: 200 }
    },
  })
  client = new ApiGatewayManagementApiClient(clientSettings(cloud.url))
})

afterEach(async () => {
  client.destroy()
  await cloud.close()
})

const post = (ConnectionId: string, Data: string) => client.send(new PostToConnectionCommand({ ConnectionId, Data }))
const lastConnectionId = (): string => cloud.eventsOf('socket').at(-1)!['requestContext'].connectionId as string
const open = () => connect(`${cloud.url}?token=t`, { headers: { 'User-Agent': 'test/1' } })

describe('PostToConnection', () => {
  it('sends a text message', async () => {
    const socket = await open()
    await post(lastConnectionId(), '{"é":1}')
    expect(await socket.next()).toBe('{"é":1}')
    expect(cloud.billed()['socketMessageOut chat']).toBe(1)
  })

  it('is gone before $connect has returned, and works right after', async () => {
    const early = deferred<unknown>()
    onConnect = (connectionId) => post(connectionId, 'early').catch(early.resolve)
    const socket = await open()
    expect(await early.promise).toMatchObject({ name: 'GoneException', $metadata: { httpStatusCode: 410 } })
    await post(lastConnectionId(), 'now')
    expect(await socket.next()).toBe('now')
  })

  it('is gone after the end, and for an id that never was', async () => {
    const socket = await open()
    const connectionId = lastConnectionId()
    socket.socket.close()
    await disconnected.promise
    await expect(post(connectionId, 'x')).rejects.toMatchObject({ name: 'GoneException' })
    await expect(post('AAAAAAAAAAAAAAA=', 'x')).rejects.toMatchObject({ name: 'GoneException' })
  })

  it('refuses a malformed id and a message over 128 KB', async () => {
    const socket = await open()
    const malformed = { name: 'BadRequestException', $metadata: { httpStatusCode: 400 } }
    await expect(post('nonsense', 'x')).rejects.toMatchObject(malformed)
    await post(lastConnectionId(), 'x'.repeat(128 * 1024))
    expect(await socket.next()).toHaveLength(128 * 1024)
    const tooLarge = { name: 'PayloadTooLargeException', $metadata: { httpStatusCode: 413 } }
    await expect(post(lastConnectionId(), 'x'.repeat(128 * 1024 + 1))).rejects.toMatchObject(tooLarge)
  })

  it('refuses an unknown stage', async () => {
    const elsewhere = new ApiGatewayManagementApiClient({ ...clientSettings(`${cloud.url}2`), maxAttempts: 3 })
    const command = new PostToConnectionCommand({ ConnectionId: 'AAAAAAAAAAAAAAA=', Data: 'x' })
    await expect(elsewhere.send(command)).rejects.toMatchObject({ name: 'ForbiddenException' })
    elsewhere.destroy()
  })

  it('tells the poster to slow down while the client does not read', async () => {
    const socket = await open()
    socket.socket.pause()
    const connectionId = lastConnectionId()
    const message = 'x'.repeat(128 * 1024)
    let refused: unknown
    // The kernel's buffers take some megabytes before the connection's own fill up.
    for (let sent = 0; sent < 1_000 && refused === undefined; sent++) {
      refused = await post(connectionId, message).then(
        () => undefined,
        (error: unknown) => error,
      )
    }
    expect(refused).toMatchObject({ name: 'LimitExceededException', $metadata: { httpStatusCode: 429 } })
    socket.socket.resume()
    expect(await socket.next()).toBe(message)
  })
})

describe('GetConnection', () => {
  it('describes the connection', async () => {
    await open()
    await cloud.clock.advance(5_000)
    await post(lastConnectionId(), 'x')
    const answer = await client.send(new GetConnectionCommand({ ConnectionId: lastConnectionId() }))
    expect(answer.ConnectedAt).toEqual(new Date(Date.UTC(2026, 0, 1)))
    expect(answer.LastActiveAt).toEqual(new Date(Date.UTC(2026, 0, 1) + 5_000))
    expect(answer.Identity).toEqual({ SourceIp: '127.0.0.1', UserAgent: 'test/1' })
  })
})

describe('DeleteConnection', () => {
  it('closes it', async () => {
    const socket = await open()
    const ConnectionId = lastConnectionId()
    await client.send(new DeleteConnectionCommand({ ConnectionId }))
    expect((await socket.closed).code).toBe(1000)
    expect((await disconnected.promise)['requestContext'].disconnectStatusCode).toBe(1000)
    await expect(client.send(new GetConnectionCommand({ ConnectionId }))).rejects.toMatchObject({
      name: 'GoneException',
    })
  })
})
