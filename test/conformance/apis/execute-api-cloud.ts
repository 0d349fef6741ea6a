import { WebSocket } from 'ws'
import { ManualClock } from '../../../local/clock.ts'
import type { LogEntry } from '../../../local/context.ts'
import { FunctionThrottledError } from '../../../local/services/function-invoker.ts'
import type { FunctionInvoker } from '../../../local/services/function-invoker.ts'
import { createRestApi } from '../../../local/services/rest-api/service.ts'
import type { CreatedResource, LocalService } from '../../../local/services/service.ts'
import { createWebSocketApi } from '../../../local/services/websocket-api/service.ts'
import { startWireServer } from '../../../local/wire/server.ts'
import { cloudContext } from '../cloud/cloud-context.ts'

export type Event = Record<string, any>
/** A function of a test: it returns its answer, throws, or never ends. */
export type Behaviour = (event: Event) => unknown

export const THROTTLED = new FunctionThrottledError('Rate Exceeded.')

/** Returns the URI of a function in the template of an integration or authorizer. */
export function invocationUri(name: string): string {
  return `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${functionArn(name)}/invocations`
}

function functionArn(name: string): string {
  return `arn:aws:lambda:us-east-1:000000000000:function:${name}`
}

function nameIn(arn: string): string {
  return arn.split(':').at(-1)!
}

/** Starts the two API services behind the local cloud's own server, with functions that a test writes by hand. */
export async function startApiCloud(behaviours: Record<string, Behaviour>) {
  const clock = new ManualClock()
  const logged: LogEntry[] = []
  const calls: { readonly name: string; readonly event: Event }[] = []
  const forbidden = new Set<string>()
  const deps = {
    functions: {
      ...handWritten(behaviours, calls),
      mayBeInvokedBy: (arn: string, principal: string) =>
        principal === 'apigateway.amazonaws.com' && !forbidden.has(nameIn(arn)),
    },
    roles: {
      mayAssume: (roleArn: string, principal: string) =>
        roleArn.endsWith('Invoker') && principal === 'apigateway.amazonaws.com',
      mayCall: (roleArn: string, action: string) =>
        roleArn.endsWith('/AuthorizerInvoker') && action === 'lambda:InvokeFunction',
    },
  }
  const server = await startWireServer(0, (entry) => logged.push(entry))
  const context = cloudContext({
    endpoint: `http://127.0.0.1:${server.port}`,
    clock,
    log: (entry) => logged.push(entry),
  })
  const restApi = createRestApi(context, deps)
  const webSocketApi = createWebSocketApi(context, deps)
  server.serve({
    apis: [webSocketApi.api!],
    executeApis: [restApi, webSocketApi],
    interceptors: [],
    principalOf: () => ({ kind: 'owner', name: 'client' }),
  })
  return {
    clock,
    calls,
    /** The names of the functions that API Gateway may not invoke. */
    forbidden,
    logged,
    endpoint: context.endpoint,
    eventsOf: (name: string) => calls.filter((call) => call.name === name).map(({ event }) => event),
    billed: () =>
      Object.fromEntries(context.meter.lines().map(({ unit, by, quantity }) => [`${unit} ${by}`, quantity])),
    create: (logicalId: string, type: string, properties: Record<string, unknown>) =>
      createIn([restApi, webSocketApi], logicalId, type, properties),
    async close(): Promise<void> {
      await webSocketApi.close!()
      await server.close()
    },
  }
}

export type ApiCloud = Awaited<ReturnType<typeof startApiCloud>>

async function createIn(
  services: readonly LocalService[],
  logicalId: string,
  type: string,
  properties: Record<string, unknown>,
): Promise<CreatedResource> {
  const factory = services.map(({ resources }) => resources[type]).find((candidate) => candidate !== undefined)
  if (factory === undefined) throw new Error(`No service makes ${type}.`)
  return factory({ logicalId, type, properties })
}

/** Fails as Lambda reports it: a thrown error is an answer, but a throttled call is not. */
function handWritten(behaviours: Record<string, Behaviour>, calls: { name: string; event: Event }[]): FunctionInvoker {
  return {
    timeoutMs: () => 30_000,
    async invoke(arn, payload) {
      const name = nameIn(arn)
      const event = JSON.parse(payload) as Event
      calls.push({ name, event })
      try {
        const value = await behaviours[name]!(event)
        return { requestId: 'r', payload: JSON.stringify(value ?? null) }
      } catch (error) {
        if (error === THROTTLED) throw error
        const { name: errorType, message: errorMessage } = error as Error
        return { requestId: 'r', payload: JSON.stringify({ errorType, errorMessage }), functionError: 'Unhandled' }
      }
    },
  }
}

/** Makes the answer of an authorizer for a caller it knows. */
export function policy(effect: 'Allow' | 'Deny', resource: string, context: Record<string, unknown> = {}): object {
  const Statement = [{ Effect: effect, Action: 'execute-api:Invoke', Resource: resource }]
  return { principalId: 'ann', policyDocument: { Version: '2012-10-17', Statement }, context }
}

/** Makes a promise and the function that resolves it. */
export function deferred<Value = void>() {
  let resolve!: (value: Value) => void
  const promise = new Promise<Value>((settle) => (resolve = settle))
  return { promise, resolve }
}

export interface Client {
  readonly socket: WebSocket
  readonly protocol: string
  /** Returns the next unread message, or rejects once the connection is closed. */
  next(): Promise<string>
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
}

export interface Handshake {
  readonly protocols?: string[]
  readonly headers?: Record<string, string>
}

/** Opens a socket. Rejects with `HandshakeError` if the handshake is refused. */
export function connect(url: string, { protocols = [], headers = {} }: Handshake = {}): Promise<Client> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), protocols, { headers, perMessageDeflate: false })
  const messages: string[] = []
  const waiting: ((message: string) => void)[] = []
  socket.on('message', (data: Buffer) => {
    const message = data.toString()
    const taker = waiting.shift()
    if (taker === undefined) messages.push(message)
    else taker(message)
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  const next = (): Promise<string> => {
    const message = messages.shift()
    if (message !== undefined) return Promise.resolve(message)
    return Promise.race([
      new Promise<string>((resolve) => waiting.push(resolve)),
      closed.then(({ code }) => Promise.reject(new Error(`The connection closed with ${code}.`))),
    ])
  }
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (_, response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => reject(new HandshakeError(response.statusCode!, body)))
    })
    socket.on('error', reject)
    socket.on('open', () => resolve({ socket, protocol: socket.protocol, next, closed }))
  })
}

export class HandshakeError extends Error {
  override readonly name = 'HandshakeError'
  constructor(
    readonly status: number,
    readonly body: string,
  ) {
    super(`The handshake was refused with ${status}: ${body}`)
  }
}
