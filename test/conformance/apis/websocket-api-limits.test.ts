import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { connect, deferred, policy } from './execute-api-cloud.ts'
import type { Behaviour, Client, Event } from './execute-api-cloud.ts'
import { startSocketCloud } from './websocket-api-cloud.ts'
import type { SocketCloud } from './websocket-api-cloud.ts'

const MINUTE = 60_000
const KB = 1024

let cloud: SocketCloud
let onMessage: Behaviour
let disconnected: ReturnType<typeof deferred<Event>>

beforeEach(async () => {
  disconnected = deferred<Event>()
  onMessage = (event) => ({ statusCode: 200, body: String((event['body'] as string).length) })
  cloud = await startSocketCloud({
    authorizer: () => policy('Allow', '*'),
    socket(event) {
      const { eventType } = event['requestContext']
      if (eventType === 'MESSAGE') return onMessage(event)
      if (eventType === 'DISCONNECT') disconnected.resolve(event)
      return { statusCode: 200 }
    },
  })
})

afterEach(() => cloud.close())

const open = (): Promise<Client> => connect(`${cloud.url}?token=t`)

/** Returns how the connection ended for the client. `$disconnect` must have been told the same. */
async function endOf(client: Client): Promise<{ code: number; reason: string }> {
  const end = await client.closed
  const { disconnectStatusCode: code, disconnectReason: reason } = (await disconnected.promise)['requestContext']
  expect({ code, reason }).toEqual(end)
  return end
}

describe('sizes', () => {
  it('take a frame of exactly 32 KB and close on one byte more', async () => {
    const client = await open()
    client.socket.send('x'.repeat(32 * KB))
    expect(await client.next()).toBe(String(32 * KB))
    client.socket.send('x'.repeat(32 * KB + 1))
    expect(await endOf(client)).toEqual({ code: 1009, reason: '' })
    expect(cloud.eventsOf('socket').filter((event) => event['requestContext'].eventType === 'MESSAGE')).toHaveLength(1)
  })

  it('take a message of exactly 128 KB in fragments and close on one byte more', async () => {
    const client = await open()
    const sendFragments = (last: number): void => {
      for (let fragment = 0; fragment < 4; fragment++) client.socket.send('x'.repeat(32 * KB - 1), { fin: false })
      client.socket.send('x'.repeat(last), { fin: true })
    }
    sendFragments(4)
    expect(await client.next()).toBe(String(128 * KB))
    sendFragments(5)
    expect(await endOf(client)).toEqual({ code: 1009, reason: '' })
  })

  it('close at once on a frame over 128 KB', async () => {
    const client = await open()
    client.socket.send('x'.repeat(1024 * KB))
    expect(await endOf(client)).toEqual({ code: 1009, reason: '' })
  })

  it('close with 1003 on a binary frame', async () => {
    const client = await open()
    client.socket.send(Buffer.from([1, 2, 3]))
    expect(await endOf(client)).toEqual({ code: 1003, reason: '' })
  })
})

describe('times', () => {
  it('end a connection that was idle for 10 minutes', async () => {
    const client = await open()
    await cloud.clock.advance(10 * MINUTE - 1)
    expect(client.socket.readyState).toBe(client.socket.OPEN)
    await cloud.clock.advance(1)
    expect(await endOf(client)).toEqual({ code: 1001, reason: 'Going away' })
  })

  it('count from the last message in either direction', async () => {
    const client = await open()
    await cloud.clock.advance(9 * MINUTE)
    client.socket.send('ping')
    expect(await client.next()).toBe('4')
    await cloud.clock.advance(9 * MINUTE)
    const { connectionId } = cloud.eventsOf('socket')[0]!['requestContext']
    await fetch(`${cloud.url}/@connections/${encodeURIComponent(connectionId as string)}`, {
      method: 'POST',
      body: 'push',
    })
    expect(await client.next()).toBe('push')
    await cloud.clock.advance(10 * MINUTE - 1)
    expect(client.socket.readyState).toBe(client.socket.OPEN)
    await cloud.clock.advance(1)
    expect(await endOf(client)).toEqual({ code: 1001, reason: 'Going away' })
  })

  it('end a busy connection after 2 hours', async () => {
    const client = await open()
    for (let minute = 0; minute < 119; minute += 7) {
      await cloud.clock.advance(7 * MINUTE)
      client.socket.send('ping')
      await client.next()
    }
    // 17 times 7 minutes: the idle limit is never reached, the two hours are.
    await cloud.clock.advance(MINUTE - 1)
    expect(client.socket.readyState).toBe(client.socket.OPEN)
    await cloud.clock.advance(1)
    expect(await endOf(client)).toEqual({ code: 1001, reason: 'Going away' })
    expect(cloud.billed()).toEqual({
      'connectionMinute chat': 120,
      'socketMessageIn chat': 17,
      'socketMessageOut chat': 17,
    })
  })

  it('end an integration after 29 seconds', async () => {
    const invoked = deferred()
    onMessage = () => {
      invoked.resolve()
      return new Promise(() => {})
    }
    const client = await open()
    client.socket.send('{}')
    await invoked.promise
    await cloud.clock.advance(29_000)
    expect(JSON.parse(await client.next())).toMatchObject({ message: 'Internal server error' })
  })
})

describe('the bill', () => {
  it('counts messages in steps of 32 KB, each way', async () => {
    onMessage = () => ({ statusCode: 200, body: 'x'.repeat(100 * KB) })
    const client = await open()
    client.socket.send('x'.repeat(20 * KB), { fin: false })
    client.socket.send('x'.repeat(20 * KB))
    await client.next()
    expect(cloud.billed()).toEqual({
      'connectionMinute chat': 1,
      'socketMessageIn chat': 2,
      'socketMessageOut chat': 4,
    })
  })
})
