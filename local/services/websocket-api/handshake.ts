import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { IntegrationRunner } from '../execute-api/invocation.ts'
import { apiArn } from '../execute-api/api-ids.ts'
import { gatewayId, headerIn, sourceIp } from '../execute-api/request-parts.ts'
import type { ExecuteApiTarget } from '../service.ts'
import type { ConnectionOrigin } from './connection.ts'
import { runRoute } from './integration.ts'
import { connectAuthorizerEvent, connectEvent, readHandshake } from './socket-events.ts'
import type { Handshake } from './socket-events.ts'
import type { Route, WebSocketApi } from './websocket-api.ts'

export interface Refusal {
  readonly status: number
  readonly message: string
}

export interface Admission {
  readonly origin: ConnectionOrigin
  /** The `Sec-WebSocket-Protocol` of `$connect`'s answer. Without it no subprotocol is agreed on. */
  readonly subprotocol?: string
}

const SUBPROTOCOL = 'sec-websocket-protocol'

/** Decides on a handshake: the authorizer of `$connect` first, then its integration. */
export async function admit(
  runner: IntegrationRunner,
  api: WebSocketApi,
  request: IncomingMessage,
  target: ExecuteApiTarget,
): Promise<Admission | Refusal> {
  const stage = api.stages.get(target.stage)
  if (stage === undefined || target.path.replaceAll('/', '') !== '') return { status: 403, message: 'Forbidden' }
  if (!isHandshake(request)) return { status: 400, message: 'Bad Request' }
  if (!stage.throttle()) return { status: 429, message: 'Too Many Requests' }
  const userAgent = request.headers['user-agent']
  let origin: ConnectionOrigin = {
    id: gatewayId(),
    apiId: api.id,
    apiName: api.name,
    stage: stage.name,
    stageVariables: stage.variables,
    connectedAt: runner.context.clock.now(),
    sourceIp: sourceIp(request),
    ...(userAgent === undefined ? {} : { userAgent }),
  }
  const route = api.routes.get('$connect')
  if (route === undefined) return { origin }
  const handshake = readHandshake(request, target.query)
  if (route.authorizerId !== undefined) {
    const authorized = await authorize(runner, api, route, origin, handshake)
    if ('status' in authorized) return authorized
    origin = authorized
  }
  const response = await runRoute(runner, api, route, connectEvent(origin, handshake, runner.context))
  if ('failedWith' in response) return { status: response.failedWith, message: 'Internal server error' }
  if (response.statusCode < 200 || response.statusCode > 299) {
    return { status: response.statusCode, message: response.statusCode === 401 ? 'Unauthorized' : 'Forbidden' }
  }
  const subprotocol = response.headers.find(([name]) => name.toLowerCase() === SUBPROTOCOL)?.[1]
  return { origin, ...(subprotocol === undefined ? {} : { subprotocol }) }
}

async function authorize(
  { context }: IntegrationRunner,
  api: WebSocketApi,
  route: Route,
  origin: ConnectionOrigin,
  handshake: Handshake,
): Promise<ConnectionOrigin | Refusal> {
  const methodArn = `${apiArn(context, api.id)}/${origin.stage}/$connect`
  const event = connectAuthorizerEvent(origin, handshake, context, methodArn)
  const authorization = await api.authorizers.get(route.authorizerId!)!({
    methodArn,
    identity: {
      header: (name) => headerIn(handshake.headers, name),
      querystring: (name) => handshake.query.single[name],
      stageVariables: origin.stageVariables,
      requestContext: event.requestContext,
    },
    event,
  })
  if (authorization.kind === 'allowed') return { ...origin, authorizer: authorization.context }
  if (authorization.kind === 'unauthorized') return { status: 401, message: 'Unauthorized' }
  if (authorization.kind === 'denied') return { status: 403, message: authorization.message }
  return { status: 500, message: 'Internal server error' }
}

/** Handshakes that `ws` would refuse are refused before any function runs. */
function isHandshake({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '')
  )
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
}

/** Refuses a handshake over the bare socket: an upgrade has no response object. */
export function refuse(socket: Duplex, { status, message }: Refusal): void {
  const requestId = gatewayId()
  const body = JSON.stringify({ message, connectionId: requestId, requestId })
  socket.end(
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Refused'}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `x-amzn-RequestId: ${requestId}\r\nConnection: close\r\n\r\n${body}`,
  )
}
