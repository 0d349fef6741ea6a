import { apiArn } from '../execute-api/api-ids.ts'
import { invokeWithin, logInvocationFailure } from '../execute-api/invocation.ts'
import type { IntegrationRunner } from '../execute-api/invocation.ts'
import { isMalformed, parseProxyResponse } from '../execute-api/proxy-response.ts'
import type { ProxyResponse } from '../execute-api/proxy-response.ts'
import type { Route, WebSocketApi } from './websocket-api.ts'

const EMPTY: ProxyResponse = { statusCode: 200, headers: [], body: '', isBase64Encoded: false }

/** A route that gave no answer, with the status it would have over HTTP. It is logged. */
export interface RouteFailure {
  readonly failedWith: 500 | 502
}

/** Runs the integration of a route. */
export async function runRoute(
  runner: IntegrationRunner,
  api: WebSocketApi,
  route: Route,
  event: Readonly<Record<string, unknown>> & { readonly requestContext: Readonly<Record<string, unknown>> },
): Promise<ProxyResponse | RouteFailure> {
  const integration = route.integrationId === undefined ? undefined : api.integrations.get(route.integrationId)
  if (integration === undefined || integration.type === 'MOCK') return EMPTY
  const sourceArn = `${apiArn(runner.context, api.id)}/${String(event.requestContext['stage'])}/${route.key}`
  const target = { functionArn: integration.functionArn, sourceArn }
  const invocation = await invokeWithin(runner, target, event, integration.timeoutMs)
  if (invocation.kind !== 'answered') {
    logInvocationFailure(runner.context, api.name, route.key, invocation)
    return { failedWith: invocation.kind === 'forbidden' ? 500 : 502 }
  }
  const response = parseProxyResponse(invocation.payload)
  if (isMalformed(response)) {
    const message = `${route.key}: the function's answer is not a proxy response: ${response.problem}`
    runner.context.log({ source: api.name, level: 'error', message })
    return { failedWith: 502 }
  }
  return response
}
