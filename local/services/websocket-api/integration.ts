import { describeFailure, invokeWithin } from '../execute-api/invocation.ts'
import type { IntegrationRunner } from '../execute-api/invocation.ts'
import { isMalformed, parseProxyResponse } from '../execute-api/proxy-response.ts'
import type { ProxyResponse } from '../execute-api/proxy-response.ts'
import type { Route, WebSocketApi } from './websocket-api.ts'

const EMPTY: ProxyResponse = { statusCode: 200, headers: [], body: '', isBase64Encoded: false }

/** Runs what is behind a route. Undefined where it failed or answered what is no proxy response; that is logged. */
export async function runRoute(
  runner: IntegrationRunner,
  api: WebSocketApi,
  route: Route,
  event: Readonly<Record<string, unknown>>,
): Promise<ProxyResponse | undefined> {
  const integration = route.integrationId === undefined ? undefined : api.integrations.get(route.integrationId)
  if (integration === undefined || integration.type === 'MOCK') return EMPTY
  const log = (message: string): void =>
    runner.context.log({ source: api.name, level: 'error', message: `${route.key}: ${message}` })
  const invocation = await invokeWithin(runner, integration.functionArn, event, integration.timeoutMs)
  if (invocation.kind !== 'answered') {
    log(describeFailure(invocation))
    return undefined
  }
  const response = parseProxyResponse(invocation.payload)
  if (isMalformed(response)) {
    log(`the function's answer is no proxy response: ${response.problem}`)
    return undefined
  }
  return response
}
