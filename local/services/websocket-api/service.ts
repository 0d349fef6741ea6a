import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import type { CloudContext } from '../../context.ts'
import type { IntegrationRunner } from '../execute-api/invocation.ts'
import type { ExecuteApi, ExecuteApiTarget, LocalService } from '../service.ts'
import { Connection, MAX_MESSAGE_BYTES } from './connection.ts'
import type { Disconnection } from './connection.ts'
import { createConnectionsApi } from './connections-api.ts'
import { MAX_FRAME_BYTES, watchFrameLengths } from './frame-lengths.ts'
import { admit, refuse } from './handshake.ts'
import type { Admission } from './handshake.ts'
import { runRoute } from './integration.ts'
import { dispatchMessage } from './messages.ts'
import { disconnectEvent } from './socket-events.ts'
import { webSocketResources } from './template.ts'
import type { WebSocketApi } from './websocket-api.ts'

export interface WebSocketApiService extends LocalService, ExecuteApi {
  /** Breaks a client's connection without a closing handshake, as a network failure does. */
  cut(connectionId: string): void
}

/**
 * WebSocket APIs (API Gateway v2): handshakes through authorizer and `$connect`, messages by route, limits of size and
 * time, and the `@connections` API.
 *
 * @example
 * const webSocketApi = createWebSocketApi(context, { functions, roles: iam })
 * server.on('upgrade', (request, socket, head) => webSocketApi.upgrade!(request, socket, head, target))
 */
export function createWebSocketApi(
  context: CloudContext,
  deps: Omit<IntegrationRunner, 'context'>,
): WebSocketApiService {
  const runner: IntegrationRunner = { context, ...deps }
  const apis = new Map<string, WebSocketApi>()
  const gateway = createGateway(runner)
  return {
    name: 'websocket-api',
    ...webSocketResources(runner, apis),
    api: createConnectionsApi(context, apis),
    owns: (apiId) => apis.has(apiId),
    handle(request, response) {
      request.resume()
      response.writeHead(426, { 'Content-Type': 'application/json', Upgrade: 'websocket' })
      response.end('{"message":"Upgrade Required"}')
    },
    upgrade(request, socket, head, target) {
      gateway.open(apis.get(target.apiId)!, request, socket, head, target)
    },
    cut(connectionId) {
      for (const api of apis.values()) api.connections.get(connectionId)?.cut()
    },
    async close() {
      gateway.close()
      for (const api of apis.values()) for (const connection of api.connections.values()) connection.terminate()
    },
  }
}

interface Gateway {
  open(api: WebSocketApi, request: IncomingMessage, socket: Duplex, head: Buffer, target: ExecuteApiTarget): void
  close(): void
}

function createGateway(runner: IntegrationRunner): Gateway {
  const subprotocols = new WeakMap<IncomingMessage, string>()
  let closed = false
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (_, request) => subprotocols.get(request) ?? false,
  })
  const finish = (
    api: WebSocketApi,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    admission: Admission,
  ): void => {
    if (admission.subprotocol !== undefined) subprotocols.set(request, admission.subprotocol)
    if (!socket.readable || !socket.writable) {
      // The client left while $connect ran. $connect has noted a connection, which must be taken back.
      reportDisconnection(runner, api, admission, { code: 1006, reason: 'Connection Closed Abnormally' })
      socket.destroy()
      return
    }
    server.handleUpgrade(request, socket, head, (webSocket) => {
      serve(runner, api, admission, webSocket, socket)
    })
  }
  return {
    open(api, request, socket, head, target) {
      admit(runner, api, request, target)
        .then((decision) => {
          if (closed) socket.destroy()
          else if ('status' in decision) refuse(socket, decision)
          else finish(api, request, socket, head, decision)
        })
        .catch((error: unknown) => {
          runner.context.log({ source: api.name, level: 'error', message: `$connect: ${String(error)}` })
          socket.destroy()
        })
    },
    close() {
      closed = true
      server.close()
    },
  }
}

/** Puts an accepted socket into service. From here on the connection can be posted to. */
function serve(
  runner: IntegrationRunner,
  api: WebSocketApi,
  admission: Admission,
  webSocket: WebSocket,
  socket: Duplex,
): void {
  const { context } = runner
  const connection = new Connection(admission.origin, webSocket, context, (disconnection) => {
    api.connections.delete(admission.origin.id)
    reportDisconnection(runner, api, admission, disconnection)
  })
  api.connections.set(admission.origin.id, connection)
  const isTooLong = watchFrameLengths(MAX_FRAME_BYTES)
  // Must run before the listener of `ws`, so that the connection has ended before `ws` would report the message.
  socket.prependListener('data', (chunk: Buffer) => {
    if (isTooLong(chunk)) connection.close(1009, '')
  })
  webSocket.on('message', (data: Buffer, isBinary) => {
    if (connection.isEnded) return
    if (isBinary) {
      // API Gateway takes no binary frames.
      connection.close(1003, '')
      return
    }
    dispatchMessage(runner, api, connection, data.toString('utf8')).catch((error: unknown) => {
      context.log({ source: api.name, level: 'error', message: `A message was lost: ${String(error)}` })
    })
  })
  webSocket.on('error', (error: Error & { code?: string }) => {
    context.log({ source: api.name, level: 'debug', message: error.message })
    // `ws` has sent the close frame. The client's reaction must not decide what `$disconnect` is told.
    if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') connection.ended({ code: 1009, reason: '' })
  })
  webSocket.on('close', (code, reason) => connection.ended({ code, reason: reason.toString() || describeClose(code) }))
}

function describeClose(code: number): string {
  if (code === 1005) return 'Client-side close frame status not set'
  return code === 1006 ? 'Connection Closed Abnormally' : ''
}

/** `$disconnect` is best effort: nobody waits for it. */
function reportDisconnection(
  runner: IntegrationRunner,
  api: WebSocketApi,
  { origin }: Admission,
  disconnection: Disconnection,
): void {
  const route = api.routes.get('$disconnect')
  if (route === undefined) return
  runRoute(runner, api, route, disconnectEvent(origin, runner.context, disconnection)).catch((error: unknown) => {
    runner.context.log({ source: api.name, level: 'error', message: `$disconnect: ${String(error)}` })
  })
}
