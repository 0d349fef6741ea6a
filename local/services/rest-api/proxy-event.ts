import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { CloudContext } from '../../context.ts'
import type { AuthorizerContext } from '../execute-api/authorizer.ts'
import {
  apiDomain,
  eventHeaders,
  eventQuery,
  gatewayId,
  headerIn,
  logTime,
  sourceIp,
} from '../execute-api/request-parts.ts'
import type { EventHeaders } from '../execute-api/request-parts.ts'
import type { ExecuteApiTarget } from '../service.ts'
import type { RestApi, Stage } from './rest-api.ts'
import type { RouteMatch } from './routing.ts'

/** One request to a REST API, as far as it is known before its route is. */
export interface RestRequest {
  readonly api: RestApi
  readonly stage: Stage
  readonly httpMethod: string
  /** Still percent-encoded, without the stage. */
  readonly path: string
  readonly query: ReturnType<typeof eventQuery>
  readonly headers: EventHeaders
  readonly requestContext: Readonly<Record<string, unknown>>
}

// API Gateway passes neither connection nor length headers to a function.
const LEFT_OUT = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'upgrade', 'te', 'trailer']

export function describeRequest(
  api: RestApi,
  stage: Stage,
  request: IncomingMessage,
  target: ExecuteApiTarget,
  { accountId, region, clock }: CloudContext,
): RestRequest {
  const httpMethod = request.method ?? 'GET'
  const path = target.path || '/'
  const nowMs = clock.now()
  const requestContext = {
    accountId,
    apiId: api.id,
    deploymentId: stage.deploymentId,
    domainName: apiDomain(api.id, region),
    domainPrefix: api.id,
    extendedRequestId: gatewayId(),
    httpMethod,
    identity: identityOf(request),
    path: `/${stage.name}${path}`,
    protocol: 'HTTP/1.1',
    requestId: randomUUID(),
    requestTime: logTime(nowMs),
    requestTimeEpoch: nowMs,
    stage: stage.name,
  }
  const headers = eventHeaders(request, LEFT_OUT)
  return { api, stage, httpMethod, path, query: eventQuery(target.query), headers, requestContext }
}

function identityOf(request: IncomingMessage): Record<string, string | null> {
  return {
    accessKey: null,
    accountId: null,
    caller: null,
    cognitoAuthenticationProvider: null,
    cognitoAuthenticationType: null,
    cognitoIdentityId: null,
    cognitoIdentityPoolId: null,
    principalOrgId: null,
    sourceIp: sourceIp(request),
    user: null,
    userAgent: request.headers['user-agent'] ?? null,
    userArn: null,
  }
}

/** Makes the `requestContext` once the route, and perhaps the caller, is known. */
export function routedContext(
  request: RestRequest,
  route: RouteMatch,
  authorizer?: AuthorizerContext,
): Readonly<Record<string, unknown>> {
  return {
    ...request.requestContext,
    resourceId: route.resource.id,
    resourcePath: route.resourcePath,
    ...(authorizer === undefined ? {} : { authorizer }),
  }
}

/** Makes the event of an `AWS_PROXY` integration. Empty maps are `null`. */
export function proxyEvent(
  request: RestRequest,
  route: RouteMatch,
  requestContext: Readonly<Record<string, unknown>>,
  body: Buffer,
): Record<string, unknown> {
  const isBinary = body.length > 0 && isBinaryType(request.api, header(request, 'content-type'))
  return {
    resource: route.resourcePath,
    path: request.path,
    httpMethod: request.httpMethod,
    headers: request.headers.headers,
    multiValueHeaders: request.headers.multiValueHeaders,
    queryStringParameters: nullIfEmpty(request.query.single),
    multiValueQueryStringParameters: nullIfEmpty(request.query.multi),
    pathParameters: nullIfEmpty(route.pathParameters),
    stageVariables: nullIfEmpty(request.stage.variables),
    requestContext,
    body: body.length === 0 ? null : body.toString(isBinary ? 'base64' : 'utf8'),
    isBase64Encoded: isBinary,
  }
}

/** Makes the event of a REQUEST authorizer. Unlike a proxy event it has no body, and empty maps are `{}`. */
export function restAuthorizerEvent(
  request: RestRequest,
  route: RouteMatch,
  requestContext: Readonly<Record<string, unknown>>,
  methodArn: string,
): Record<string, unknown> {
  return {
    type: 'REQUEST',
    methodArn,
    resource: route.resourcePath,
    path: request.path,
    httpMethod: request.httpMethod,
    headers: request.headers.headers,
    multiValueHeaders: request.headers.multiValueHeaders,
    queryStringParameters: request.query.single,
    multiValueQueryStringParameters: request.query.multi,
    pathParameters: route.pathParameters,
    stageVariables: request.stage.variables,
    requestContext,
  }
}

export function header(request: RestRequest, name: string): string | undefined {
  return headerIn(request.headers, name)
}

/** Returns true if the API lists the type of a `Content-Type`, or the first type of an `Accept` header, as binary. */
export function isBinaryType(api: RestApi, headerValue: string | undefined): boolean {
  const type = headerValue?.split(/[,;]/)[0]?.trim().toLowerCase()
  return api.binaryMediaTypes.some((binary) => {
    if (binary === '*/*') return true
    if (type === undefined) return false
    return binary.endsWith('/*') ? type.startsWith(binary.slice(0, -1)) : type === binary.toLowerCase()
  })
}

function nullIfEmpty<Value extends object>(value: Value): Value | null {
  return Object.keys(value).length === 0 ? null : value
}
