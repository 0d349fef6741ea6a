import { apiArn } from '../execute-api/api-ids.ts'
import { invokeWithin, logInvocationFailure } from '../execute-api/invocation.ts'
import type { IntegrationRunner, Invocation } from '../execute-api/invocation.ts'
import { isMalformed, parseProxyResponse } from '../execute-api/proxy-response.ts'
import type { ProxyResponse } from '../execute-api/proxy-response.ts'
import type { GatewayFailure, HttpAnswer } from './gateway-response.ts'
import { header, isBinaryType, proxyEvent } from './proxy-event.ts'
import type { RestRequest } from './proxy-event.ts'
import type { ProxyIntegration } from './rest-api.ts'
import type { RouteMatch } from './routing.ts'

/** Lambda's limit for the event of a synchronous call. API Gateway returns 413 for a larger one. */
const MAX_EVENT_BYTES = 6 * 1024 * 1024

// API Gateway gives these to the client under another name.
const REMAPPED = new Set([
  'authorization',
  'connection',
  'content-md5',
  'date',
  'host',
  'max-forwards',
  'server',
  'user-agent',
  'www-authenticate',
])
// API Gateway writes these itself.
const DROPPED = new Set(['content-length', 'transfer-encoding', 'te', 'trailer', 'upgrade'])

const INTERNAL_ERROR = 'Internal server error'
/** AWS returns 502 if a function fails or its answer is malformed. Only DEFAULT_5XX customises it. */
const BAD_GATEWAY: GatewayFailure = { type: 'DEFAULT_5XX', message: INTERNAL_ERROR, status: 502 }

/** Runs the function behind a method and turns its answer into the client's. */
export async function callFunction(
  runner: IntegrationRunner,
  integration: ProxyIntegration,
  request: RestRequest,
  route: RouteMatch,
  requestContext: Readonly<Record<string, unknown>>,
  body: Buffer,
): Promise<HttpAnswer | GatewayFailure> {
  const event = proxyEvent(request, route, requestContext, body)
  if (body.length > MAX_EVENT_BYTES || Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES) {
    return { type: 'REQUEST_TOO_LARGE', message: 'Request Too Long' }
  }
  const { api, stage, httpMethod, path } = request
  const sourceArn = `${apiArn(runner.context, api.id)}/${stage.name}/${httpMethod}${route.resourcePath}`
  const target = { functionArn: integration.functionArn, sourceArn }
  const invocation = await invokeWithin(runner, target, event, integration.timeoutMs)
  const what = `${httpMethod} ${path}`
  if (invocation.kind !== 'answered') {
    logInvocationFailure(runner.context, api.name, what, invocation)
    return failureOf(invocation)
  }
  const response = parseProxyResponse(invocation.payload)
  if (isMalformed(response)) {
    const message = `${what}: the function's answer is not a proxy response: ${response.problem}`
    runner.context.log({ source: api.name, level: 'error', message })
    return BAD_GATEWAY
  }
  return { status: response.statusCode, headers: clientHeaders(response), body: clientBody(request, response) }
}

function failureOf(invocation: Exclude<Invocation, { kind: 'answered' }>): GatewayFailure {
  if (invocation.kind === 'timeout') return { type: 'INTEGRATION_TIMEOUT', message: 'Endpoint request timed out' }
  if (invocation.kind === 'function-error') return BAD_GATEWAY
  if (invocation.kind === 'forbidden') return { type: 'API_CONFIGURATION_ERROR', message: INTERNAL_ERROR }
  // A throttled function is a 500 to the client, not a 429: API Gateway does not pass on Lambda's own status.
  return { type: 'INTEGRATION_FAILURE', message: INTERNAL_ERROR, status: 500 }
}

function clientHeaders(response: ProxyResponse): (readonly [string, string])[] {
  const headers = response.headers
    .filter(([name]) => !DROPPED.has(name.toLowerCase()))
    .map(([name, value]) => [REMAPPED.has(name.toLowerCase()) ? `x-amzn-Remapped-${name}` : name, value] as const)
  const hasType = headers.some(([name]) => name.toLowerCase() === 'content-type')
  return hasType ? headers : [['Content-Type', 'application/json'], ...headers]
}

/** Base64 is decoded only for a client whose first accepted type is one of the API's binary types, as on AWS. */
function clientBody(request: RestRequest, response: ProxyResponse): string | Buffer {
  const decodes = response.isBase64Encoded && isBinaryType(request.api, header(request, 'accept'))
  return decodes ? Buffer.from(response.body, 'base64') : response.body
}
