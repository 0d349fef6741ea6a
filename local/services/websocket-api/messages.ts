import type { IntegrationRunner } from '../execute-api/invocation.ts'
import type { ProxyResponse } from '../execute-api/proxy-response.ts'
import { gatewayId } from '../execute-api/request-parts.ts'
import { MAX_MESSAGE_BYTES } from './connection.ts'
import type { Connection } from './connection.ts'
import { runRoute } from './integration.ts'
import { messageEvent } from './socket-events.ts'
import type { Route, WebSocketApi } from './websocket-api.ts'

/**
 * Sends one message of a client to its route. Messages of one connection run side by side: API Gateway does not wait
 * for one before it dispatches the next.
 */
export async function dispatchMessage(
  runner: IntegrationRunner,
  api: WebSocketApi,
  connection: Connection,
  body: string,
): Promise<void> {
  connection.received(Buffer.byteLength(body))
  const { origin } = connection
  if (api.stages.get(origin.stage)?.throttle() === false) {
    sendError(connection, 'Too Many Requests', gatewayId())
    return
  }
  const route = selectRoute(api, body)
  if (route === undefined) {
    sendError(connection, 'Forbidden', gatewayId())
    return
  }
  const event = messageEvent(origin, runner.context, route.key, body)
  const response = await runRoute(runner, api, route, event)
  const answer = 'failedWith' in response ? undefined : textOf(response)
  if (answer === undefined || Buffer.byteLength(answer) > MAX_MESSAGE_BYTES) {
    sendError(connection, 'Internal server error', String(event.requestContext['requestId']))
  } else if (route.hasResponse && answer !== '') {
    connection.send(answer)
  }
}

function textOf({ body, isBase64Encoded }: ProxyResponse): string {
  return isBase64Encoded ? Buffer.from(body, 'base64').toString() : body
}

/** API Gateway writes its own frames with exactly these spaces. */
function sendError(connection: Connection, message: string, requestId: string): void {
  connection.send(`{"message": "${message}", "connectionId":"${connection.origin.id}", "requestId":"${requestId}"}`)
}

/** Returns the route that the selection expression names, else `$default`, also for a body that is not JSON. */
export function selectRoute(api: WebSocketApi, body: string): Route | undefined {
  const key = selectedKey(api, body)
  const named = key === undefined || key.startsWith('$') ? undefined : api.routes.get(key)
  return named ?? api.routes.get('$default')
}

function selectedKey(api: WebSocketApi, body: string): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return undefined
  }
  for (const part of api.routeSelection) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string, unknown>)[part]
  }
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

/** Reads the path in the body from `$request.body.type` or `${request.body.type}`. */
export function parseRouteSelection(expression: string): string[] | undefined {
  const path = /^\$(?:request\.body\.([\w.-]+)|\{request\.body\.([\w.-]+)\})$/.exec(expression)
  return (path?.[1] ?? path?.[2])?.split('.')
}
