import type { IncomingMessage } from 'node:http'
import type { CloudContext } from '../../context.ts'
import { apiDomain, eventHeaders, eventQuery, gatewayId, logTime } from '../execute-api/request-parts.ts'
import type { EventHeaders } from '../execute-api/request-parts.ts'
import type { ConnectionOrigin, Disconnection } from './connection.ts'

type EventType = 'CONNECT' | 'MESSAGE' | 'DISCONNECT'
type SocketEvent = Readonly<Record<string, unknown>> & { readonly requestContext: Readonly<Record<string, unknown>> }

/** The handshake as `$connect` and its authorizer see it. */
export interface Handshake {
  readonly headers: EventHeaders
  readonly query: ReturnType<typeof eventQuery>
}

const LEFT_OUT = ['connection', 'upgrade', 'content-length']

export function readHandshake(request: IncomingMessage, query: URLSearchParams): Handshake {
  return { headers: eventHeaders(request, LEFT_OUT), query: eventQuery(query) }
}

/** Makes the event of a REQUEST authorizer of `$connect`. Empty maps are `{}`. */
export function connectAuthorizerEvent(
  origin: ConnectionOrigin,
  handshake: Handshake,
  context: CloudContext,
  methodArn: string,
): SocketEvent {
  return {
    type: 'REQUEST',
    methodArn,
    ...handshake.headers,
    queryStringParameters: handshake.query.single,
    multiValueQueryStringParameters: handshake.query.multi,
    stageVariables: origin.stageVariables,
    requestContext: requestContext(origin, context, '$connect', 'CONNECT'),
  }
}

export function connectEvent(origin: ConnectionOrigin, handshake: Handshake, context: CloudContext): SocketEvent {
  const hasQuery = Object.keys(handshake.query.single).length > 0
  return {
    ...handshake.headers,
    ...(hasQuery
      ? {
          queryStringParameters: handshake.query.single,
          multiValueQueryStringParameters: handshake.query.multi,
        }
      : {}),
    ...stageVariables(origin),
    requestContext: requestContext(origin, context, '$connect', 'CONNECT'),
    isBase64Encoded: false,
  }
}

export function messageEvent(
  origin: ConnectionOrigin,
  context: CloudContext,
  routeKey: string,
  body: string,
): SocketEvent {
  return {
    ...stageVariables(origin),
    requestContext: { ...requestContext(origin, context, routeKey, 'MESSAGE'), messageId: gatewayId() },
    body,
    isBase64Encoded: false,
  }
}

export function disconnectEvent(
  origin: ConnectionOrigin,
  context: CloudContext,
  { code, reason }: Disconnection,
): SocketEvent {
  // The handshake's headers are not repeated: AWS sends the host and three empty ones.
  const headers = {
    Host: apiDomain(origin.apiId, context.region),
    'x-api-key': '',
    'X-Forwarded-For': '',
    'x-restapi': '',
  }
  return {
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    ...stageVariables(origin),
    requestContext: {
      ...requestContext(origin, context, '$disconnect', 'DISCONNECT'),
      disconnectStatusCode: code,
      disconnectReason: reason,
    },
    isBase64Encoded: false,
  }
}

function requestContext(
  origin: ConnectionOrigin,
  { region, clock }: CloudContext,
  routeKey: string,
  eventType: EventType,
): Record<string, unknown> {
  const requestId = gatewayId()
  return {
    routeKey,
    ...(origin.authorizer === undefined ? {} : { authorizer: origin.authorizer }),
    eventType,
    extendedRequestId: requestId,
    requestTime: logTime(clock.now()),
    messageDirection: 'IN',
    stage: origin.stage,
    connectedAt: origin.connectedAt,
    requestTimeEpoch: clock.now(),
    identity: {
      ...(origin.userAgent === undefined ? {} : { userAgent: origin.userAgent }),
      sourceIp: origin.sourceIp,
    },
    requestId,
    domainName: apiDomain(origin.apiId, region),
    connectionId: origin.id,
    apiId: origin.apiId,
  }
}

function stageVariables({ stageVariables: variables }: ConnectionOrigin): Record<string, unknown> {
  return Object.keys(variables).length === 0 ? {} : { stageVariables: variables }
}
