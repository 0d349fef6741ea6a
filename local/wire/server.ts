import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { LogEntry } from '../context.ts'
import type { ExecuteApi } from '../services/service.ts'
import { createAwsEndpoint, type AwsEndpointOptions } from './aws-endpoint.ts'
import { isConnectionsPath, readExecuteApiPath } from './execute-api-path.ts'

/** The APIs that the server serves once the cloud is made. */
export interface Routes extends Omit<AwsEndpointOptions, 'log'> {
  readonly executeApis: readonly ExecuteApi[]
}

export interface WireServer {
  readonly port: number
  /** Opens for traffic. Until then every request gets a 503. */
  serve(routes: Routes): void
  /** Stops listening and ends every connection. */
  close(): Promise<void>
}

/** Longer than SDKs keep an idle connection, so that none sends into a connection that is being closed. */
const KEEP_ALIVE_MS = 10 * 60_000

/** Starts the one HTTP server of a local cloud, on 127.0.0.1 only. Port 0 takes any free port. */
export async function startWireServer(port: number, log: (entry: LogEntry) => void): Promise<WireServer> {
  const server = createServer({ keepAlive: true, noDelay: true })
  server.keepAliveTimeout = KEEP_ALIVE_MS
  let opened: ReturnType<typeof openRoutes> | undefined
  server.on('request', (request, response) => {
    if (opened === undefined) sendJson(response, 503, 'The local cloud is still starting; try again in a moment.')
    else opened.request(request, response)
  })
  /**
   * Sockets that Node.js no longer tracks but waits for when it closes. A client that never hangs up would keep us
   * running.
   */
  const upgraded = new Set<Duplex>()
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Without a listener, a client that leaves during the handshake would end the process.
    socket.on('error', () => socket.destroy())
    upgraded.add(socket)
    socket.once('close', () => upgraded.delete(socket))
    if (opened === undefined) refuseUpgrade(socket, 503, 'Service Unavailable')
    else opened.upgrade(request, socket, head)
  })
  await listen(server, port)
  return {
    port: (server.address() as AddressInfo).port,
    serve(routes) {
      opened = openRoutes(routes, log)
    },
    close: () => closeServer(server, upgraded),
  }
}

function openRoutes(routes: Routes, log: (entry: LogEntry) => void) {
  const answerAwsCall = createAwsEndpoint({ ...routes, log })
  const owner = (apiId: string): ExecuteApi | undefined => routes.executeApis.find((api) => api.owns(apiId))
  const failed = (error: unknown): void => {
    const trace = error instanceof Error ? (error.stack ?? error.message) : String(error)
    log({ source: 'wire', level: 'error', message: `Unexpected error: ${trace}` })
  }
  return {
    request(request: IncomingMessage, response: ServerResponse): void {
      const url = request.url ?? '/'
      const target = readExecuteApiPath(url)
      if (target === undefined || isConnectionsPath(target)) {
        return answerAwsCall(request, response, url.split('?', 1)[0]!)
      }
      const api = owner(target.apiId)
      if (api === undefined) return sendJson(response, 404, `No API of this stack has the id ${target.apiId}.`)
      try {
        api.handle(request, response, target)
      } catch (error) {
        failed(error)
        sendJson(response, 500, 'Internal server error')
      }
    },
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
      const target = readExecuteApiPath(request.url ?? '/')
      const api = target === undefined ? undefined : owner(target.apiId)
      if (target === undefined || api?.upgrade === undefined) return refuseUpgrade(socket, 404, 'Not Found')
      try {
        api.upgrade(request, socket, head, target)
      } catch (error) {
        failed(error)
        refuseUpgrade(socket, 500, 'Internal Server Error')
      }
    },
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`Port ${port} is in use. Choose another, or 0 for any that is free.`, { cause: error })
          : error,
      )
    })
    server.listen({ port, host: '127.0.0.1' }, () => resolve())
  })
}

function closeServer(server: Server, upgraded: Iterable<Duplex>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
    for (const socket of upgraded) socket.destroy()
  })
}

function sendJson(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }))
}

function refuseUpgrade(socket: Duplex, status: number, reason: string): void {
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}
