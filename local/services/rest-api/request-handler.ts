import type { IncomingMessage, ServerResponse } from 'node:http'
import { ownValue } from '../../named-values.ts'
import { apiArn } from '../execute-api/api-ids.ts'
import type { Authorization } from '../execute-api/authorizer.ts'
import type { IntegrationRunner } from '../execute-api/invocation.ts'
import type { ExecuteApiTarget } from '../service.ts'
import { renderGatewayResponse } from './gateway-response.ts'
import type { GatewayFailure, HttpAnswer } from './gateway-response.ts'
import { answerMock } from './mock-integration.ts'
import { restAuthorizerEvent, describeRequest, header, routedContext } from './proxy-event.ts'
import type { RestRequest } from './proxy-event.ts'
import { callFunction } from './proxy-integration.ts'
import { readBody } from './request-body.ts'
import type { RestApi } from './rest-api.ts'
import { matchRoute } from './routing.ts'
import type { RouteMatch } from './routing.ts'

/** The facts known so far about a request. They fill the variables of a gateway response. */
interface Progress {
  route?: RouteMatch
  context: Readonly<Record<string, unknown>>
}

/** Answers one request to a REST API, from the check of its body's size to the answer of its integration. */
export async function handleRequest(
  runner: IntegrationRunner,
  api: RestApi,
  request: IncomingMessage,
  response: ServerResponse,
  target: ExecuteApiTarget,
): Promise<void> {
  const stage = api.stages.get(target.stage)
  if (stage === undefined) {
    request.resume()
    const headers = { 'Content-Type': 'application/json', 'x-amzn-ErrorType': 'ForbiddenException' }
    response.writeHead(403, headers).end('{"message":"Forbidden"}')
    return
  }
  const described = describeRequest(api, stage, request, target, runner.context)
  const progress: Progress = { context: described.requestContext }
  const outcome = await answerRequest(runner, described, request, progress)
  sendAnswer(response, described, 'type' in outcome ? renderFailure(described, progress, outcome) : outcome)
}

async function answerRequest(
  runner: IntegrationRunner,
  described: RestRequest,
  request: IncomingMessage,
  progress: Progress,
): Promise<HttpAnswer | GatewayFailure> {
  const { api, stage } = described
  const body = await readBody(request)
  if (body === undefined) {
    return { type: 'REQUEST_TOO_LARGE', message: 'HTTP content length exceeded 10485760 bytes.' }
  }
  const route = matchRoute(api, described.httpMethod, described.path)
  if (route === undefined) return { type: 'MISSING_AUTHENTICATION_TOKEN', message: 'Missing Authentication Token' }
  progress.route = route
  progress.context = routedContext(described, route)
  if (!stage.throttle()) return { type: 'THROTTLED', message: 'Too Many Requests' }
  const authorization = await authorize(runner, described, route, progress.context)
  const refusal = refusalOf(authorization)
  if (refusal !== undefined) return refusal
  if (authorization?.kind === 'allowed') progress.context = routedContext(described, route, authorization.context)
  // Only requests that pass the authorizer are billed.
  runner.context.meter.count('restRequest', api.name)
  const { integration } = route.method
  if (integration.type === 'MOCK') return answerMock(integration, header(described, 'content-type'))
  return callFunction(runner, integration, described, route, progress.context, body)
}

function authorize(
  { context }: IntegrationRunner,
  request: RestRequest,
  route: RouteMatch,
  requestContext: Readonly<Record<string, unknown>>,
): Promise<Authorization> | undefined {
  const { authorizerId } = route.method
  if (authorizerId === undefined) return undefined
  const authorizer = request.api.authorizers.get(authorizerId)
  // The template may make a method before its authorizer, so a missing one shows only now.
  if (authorizer === undefined) throw new Error(`${request.api.name} has no authorizer ${authorizerId}.`)
  const { api, stage, httpMethod, path } = request
  const arn = `${apiArn(context, api.id)}/${stage.name}/${httpMethod}${path}`
  return authorizer({
    methodArn: arn,
    identity: {
      header: (name) => header(request, name),
      querystring: (name) => request.query.single[name],
      stageVariables: stage.variables,
      requestContext,
    },
    event: restAuthorizerEvent(request, route, requestContext, arn),
  })
}

function refusalOf(authorization: Authorization | undefined): GatewayFailure | undefined {
  if (authorization === undefined || authorization.kind === 'allowed') return undefined
  if (authorization.kind === 'unauthorized') return { type: 'UNAUTHORIZED', message: 'Unauthorized' }
  if (authorization.kind === 'denied') return { type: 'ACCESS_DENIED', message: authorization.message }
  return {
    type: authorization.reason === 'function' ? 'AUTHORIZER_FAILURE' : 'AUTHORIZER_CONFIGURATION_ERROR',
    message: null,
  }
}

function renderFailure(request: RestRequest, progress: Progress, failure: GatewayFailure): HttpAnswer {
  return renderGatewayResponse(request.api.gatewayResponses, failure, {
    context: progress.context,
    stageVariables: request.stage.variables,
    header: (name) => header(request, name),
    querystring: (name) => request.query.single[name],
    path: (name) => ownValue(progress.route?.pathParameters ?? {}, name),
  })
}

function sendAnswer(response: ServerResponse, request: RestRequest, { status, headers, body }: HttpAnswer): void {
  response.setHeader('x-amzn-RequestId', String(request.requestContext['requestId']))
  response.setHeader('x-amz-apigw-id', String(request.requestContext['extendedRequestId']))
  response.setHeader('X-Amzn-Trace-Id', request.headers.headers['X-Amzn-Trace-Id']!)
  for (const [name, value] of headers) response.appendHeader(name, value)
  response.statusCode = status
  response.end(body)
}
