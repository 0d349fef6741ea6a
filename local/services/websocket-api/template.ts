import { requireKnownProperties } from '../../assembly/properties.ts'
import { countOf } from '../count-of.ts'
import { stableId } from '../execute-api/api-ids.ts'
import { createAuthorizer } from '../execute-api/authorizer.ts'
import { authorizerTarget, functionArnFromUri } from '../execute-api/function-uri.ts'
import { parseIdentitySources } from '../execute-api/identity-source.ts'
import { INTEGRATION_TIMEOUT_MS } from '../execute-api/invocation.ts'
import type { IntegrationRunner } from '../execute-api/invocation.ts'
import {
  asObject,
  optionalNumber,
  optionalText,
  requireKnownMembers,
  textList,
  textMap,
  textProperty,
  wrongProperty,
} from '../execute-api/properties.ts'
import { apiDomain } from '../execute-api/request-parts.ts'
import { createThrottle } from '../execute-api/token-bucket.ts'
import type {
  CreatedResource,
  LocalService,
  MadeResource,
  ResolvedResource,
  ResourceChanges,
  ResourceFactory,
} from '../service.ts'
import { parseRouteSelection } from './messages.ts'
import type { Integration, WebSocketApi } from './websocket-api.ts'

/** The factories and changes of every `AWS::ApiGatewayV2` type that a WebSocket API is made of. */
export function webSocketResources(
  runner: IntegrationRunner,
  apis: Map<string, WebSocketApi>,
): Pick<LocalService, 'resources' | 'changes'> {
  /** The ids of HTTP APIs. They and their parts are stand-ins. */
  const httpApis = new Set<string>()
  const withApi =
    (create: (resource: ResolvedResource, api: WebSocketApi) => CreatedResource): ResourceFactory =>
    (resource) => {
      const apiId = textProperty(resource, 'ApiId')
      const api = apis.get(apiId)
      if (api !== undefined) return create(resource, api)
      if (httpApis.has(apiId)) return partOfHttpApi(resource)
      throw wrongProperty(resource, 'ApiId', 'names no WebSocket API of this app')
    }
  const resources: LocalService['resources'] = {
    'AWS::ApiGatewayV2::Api': (resource) => defineApi(resource, { apis, httpApis }, runner),
    'AWS::ApiGatewayV2::Integration': withApi(createIntegration),
    'AWS::ApiGatewayV2::Authorizer': withApi((resource, api) => createConnectAuthorizer(resource, api, runner)),
    'AWS::ApiGatewayV2::Route': withApi(createRoute),
    'AWS::ApiGatewayV2::RouteResponse': withApi(createRouteResponse),
    'AWS::ApiGatewayV2::Deployment': withApi((resource) => {
      requireKnownProperties(resource, { implemented: ['ApiId'] })
      return created(resource, 'DeploymentId')
    }),
    'AWS::ApiGatewayV2::Stage': withApi((resource, api) => createStage(resource, api, runner)),
  }
  return { resources, changes: webSocketChanges(resources, apis) }
}

function partOfHttpApi(resource: ResolvedResource): CreatedResource {
  const { ref } = created(resource, 'Id')
  return { ref, attributes: {}, standIn: { attribute: () => ref, reason: HTTP_API } }
}

const HTTP_API = 'the local cloud has no HTTP APIs, only REST and WebSocket APIs'

/**
 * The parts of an API are made again over the old ones, under the same ids, so that open connections go on. Those that
 * are removed go from their API.
 */
function webSocketChanges(
  resources: LocalService['resources'],
  apis: Map<string, WebSocketApi>,
): Record<string, ResourceChanges> {
  const type = (name: string): ResourceFactory => resources[`AWS::ApiGatewayV2::${name}`]!
  const part = (name: string, remove: (api: WebSocketApi, old: MadeResource) => void): ResourceChanges => ({
    update: type(name),
    remove(old) {
      const api = apis.get(String(old.resource.properties['ApiId']))
      if (api !== undefined) remove(api, old)
    },
  })
  return {
    'AWS::ApiGatewayV2::Api': {
      update: type('Api'),
      remove({ created: { ref } }) {
        for (const connection of apis.get(ref)?.connections.values() ?? []) connection.close(1001, 'Going away')
        apis.delete(ref)
      },
      holds: ({ created: { ref } }) => countOf(apis.get(ref)?.connections.size, 'open connection'),
    },
    'AWS::ApiGatewayV2::Integration': part('Integration', (api, { created: { ref } }) => api.integrations.delete(ref)),
    'AWS::ApiGatewayV2::Authorizer': part('Authorizer', (api, { created: { ref } }) => api.authorizers.delete(ref)),
    'AWS::ApiGatewayV2::Route': part('Route', (api, { resource: { properties } }) =>
      api.routes.delete(String(properties['RouteKey'])),
    ),
    'AWS::ApiGatewayV2::RouteResponse': part('RouteResponse', (api, { resource: { properties } }) => {
      const route = [...api.routes.values()].find(({ id }) => id === properties['RouteId'])
      if (route !== undefined) route.hasResponse = false
    }),
    'AWS::ApiGatewayV2::Stage': part('Stage', (api, { created: { ref } }) => api.stages.delete(ref)),
  }
}

function created(resource: ResolvedResource, attribute: string): CreatedResource {
  const id = stableId(resource.logicalId, 7)
  return { ref: id, attributes: { [attribute]: id } }
}

/** Makes an API, or changes its own settings and keeps its parts. */
function defineApi(
  resource: ResolvedResource,
  { apis, httpApis }: { readonly apis: Map<string, WebSocketApi>; readonly httpApis: Set<string> },
  { context }: IntegrationRunner,
): CreatedResource {
  // Only an HTTP API can be described by an OpenAPI document, and needs no protocol then.
  const isDocument = ['Body', 'BodyS3Location'].some((name) => resource.properties[name] !== undefined)
  const protocol = isDocument ? 'HTTP' : textProperty(resource, 'ProtocolType')
  if (protocol === 'HTTP') {
    const id = stableId(resource.logicalId)
    httpApis.add(id)
    const attributes = { ApiId: id, ApiEndpoint: `https://${apiDomain(id, context.region)}` }
    return { ref: id, attributes, standIn: { reason: HTTP_API } }
  }
  if (protocol !== 'WEBSOCKET') {
    throw wrongProperty(resource, 'ProtocolType', `${protocol} is not implemented: use WEBSOCKET`)
  }
  requireKnownProperties(resource, {
    implemented: ['Name', 'ProtocolType', 'RouteSelectionExpression'],
    // No API keys, no models and one address: none of these changes anything here.
    harmless: ['ApiKeySelectionExpression', 'DisableSchemaValidation', 'IpAddressType', 'Version'],
  })
  const expression = textProperty(resource, 'RouteSelectionExpression')
  const routeSelection = parseRouteSelection(expression)
  if (routeSelection === undefined) {
    throw wrongProperty(resource, 'RouteSelectionExpression', `must be like $request.body.type, not ${expression}`)
  }
  const id = stableId(resource.logicalId)
  const settings = { name: optionalText(resource, 'Name') ?? resource.logicalId, routeSelection }
  const present = apis.get(id)
  // Open connections hold on to the API itself, so that it must stay the same object.
  if (present !== undefined) Object.assign(present, settings)
  else {
    apis.set(id, {
      id,
      ...settings,
      integrations: new Map(),
      authorizers: new Map(),
      routes: new Map(),
      stages: new Map(),
      connections: new Map(),
    })
  }
  return { ref: id, attributes: { ApiId: id, ApiEndpoint: `wss://${apiDomain(id, context.region)}` } }
}

function createIntegration(resource: ResolvedResource, api: WebSocketApi): CreatedResource {
  requireKnownProperties(resource, {
    implemented: ['ApiId', 'IntegrationType', 'IntegrationUri', 'TimeoutInMillis'],
    // A Lambda integration has one method and one format.
    harmless: ['IntegrationMethod', 'PayloadFormatVersion'],
  })
  const result = created(resource, 'IntegrationId')
  api.integrations.set(result.ref, parseIntegration(resource))
  return result
}

function parseIntegration(resource: ResolvedResource): Integration {
  const type = textProperty(resource, 'IntegrationType')
  if (type === 'MOCK') return { type }
  if (type !== 'AWS_PROXY') {
    throw wrongProperty(resource, 'IntegrationType', `${type} is not implemented: use AWS_PROXY or MOCK`)
  }
  return {
    type,
    functionArn: functionArnFromUri(resource, 'IntegrationUri', resource.properties['IntegrationUri']),
    timeoutMs: optionalNumber(resource, 'TimeoutInMillis') ?? INTEGRATION_TIMEOUT_MS,
  }
}

function createConnectAuthorizer(
  resource: ResolvedResource,
  api: WebSocketApi,
  runner: IntegrationRunner,
): CreatedResource {
  requireKnownProperties(resource, {
    implemented: ['ApiId', 'AuthorizerCredentialsArn', 'AuthorizerType', 'AuthorizerUri', 'IdentitySource', 'Name'],
  })
  if (textProperty(resource, 'AuthorizerType') !== 'REQUEST') {
    throw wrongProperty(resource, 'AuthorizerType', 'must be REQUEST, the only type of a WebSocket API')
  }
  const result = created(resource, 'AuthorizerId')
  const settings = {
    name: optionalText(resource, 'Name') ?? resource.logicalId,
    target: authorizerTarget(resource, runner.context, {
      apiId: api.id,
      id: result.ref,
      credentialsProperty: 'AuthorizerCredentialsArn',
    }),
    identitySources: parseIdentitySources(resource, textList(resource, 'IdentitySource')),
    // API Gateway does not cache the results of WebSocket authorizers.
    cacheTtlMs: 0,
  }
  api.authorizers.set(result.ref, createAuthorizer(settings, runner))
  return result
}

function createRoute(resource: ResolvedResource, api: WebSocketApi): CreatedResource {
  requireKnownProperties(resource, {
    implemented: ['ApiId', 'RouteKey', 'Target', 'AuthorizationType', 'AuthorizerId'],
    // The response is its own resource, keys are refused below, and a name is only documentation.
    harmless: ['RouteResponseSelectionExpression', 'ApiKeyRequired', 'OperationName'],
  })
  if (resource.properties['ApiKeyRequired'] === true) {
    throw wrongProperty(resource, 'ApiKeyRequired', 'is not implemented by the local cloud: use an authorizer')
  }
  const key = textProperty(resource, 'RouteKey')
  const authorization = optionalText(resource, 'AuthorizationType') ?? 'NONE'
  if (authorization !== 'NONE' && (authorization !== 'CUSTOM' || key !== '$connect')) {
    throw wrongProperty(
      resource,
      'AuthorizationType',
      `${authorization} is not implemented on the route ${key}: use NONE, or CUSTOM on $connect`,
    )
  }
  const integrationId = optionalText(resource, 'Target')?.replace(/^integrations\//, '')
  if (integrationId !== undefined && !api.integrations.has(integrationId)) {
    throw wrongProperty(resource, 'Target', 'names no integration of this API')
  }
  const authorizerId = authorization === 'CUSTOM' ? textProperty(resource, 'AuthorizerId') : undefined
  if (authorizerId !== undefined && !api.authorizers.has(authorizerId)) {
    throw wrongProperty(resource, 'AuthorizerId', 'names no authorizer of this API')
  }
  const result = created(resource, 'RouteId')
  const previous = [...api.routes.values()].find(({ id }) => id === result.ref)
  if (previous !== undefined) api.routes.delete(previous.key)
  api.routes.set(key, {
    id: result.ref,
    key,
    ...(integrationId === undefined ? {} : { integrationId }),
    ...(authorizerId === undefined ? {} : { authorizerId }),
    hasResponse: previous?.hasResponse ?? false,
  })
  return result
}

function createRouteResponse(resource: ResolvedResource, api: WebSocketApi): CreatedResource {
  requireKnownProperties(resource, { implemented: ['ApiId', 'RouteId', 'RouteResponseKey'] })
  const routeId = textProperty(resource, 'RouteId')
  const route = [...api.routes.values()].find(({ id }) => id === routeId)
  if (route === undefined) throw wrongProperty(resource, 'RouteId', 'names no route of this API')
  if (textProperty(resource, 'RouteResponseKey') !== '$default') {
    throw wrongProperty(resource, 'RouteResponseKey', 'must be $default')
  }
  route.hasResponse = true
  return created(resource, 'RouteResponseId')
}

function createStage(resource: ResolvedResource, api: WebSocketApi, { context }: IntegrationRunner): CreatedResource {
  requireKnownProperties(resource, {
    implemented: ['ApiId', 'StageName', 'DefaultRouteSettings', 'StageVariables'],
    // Every change is live here, as with AutoDeploy, and API Gateway's own logs are not kept.
    harmless: ['AutoDeploy', 'DeploymentId', 'AccessLogSettings'],
  })
  const name = textProperty(resource, 'StageName')
  const settings = asObject(resource, 'DefaultRouteSettings', resource.properties['DefaultRouteSettings'] ?? {})
  requireKnownMembers(resource, 'DefaultRouteSettings', settings, [
    'ThrottlingRateLimit',
    'ThrottlingBurstLimit',
    'DataTraceEnabled',
    'DetailedMetricsEnabled',
    'LoggingLevel',
  ])
  const limit = (key: string): number | undefined => (settings[key] === undefined ? undefined : Number(settings[key]))
  api.stages.set(name, {
    name,
    variables: textMap(resource, 'StageVariables'),
    throttle: createThrottle(context.clock, limit('ThrottlingRateLimit'), limit('ThrottlingBurstLimit')),
  })
  return { ref: name, attributes: {} }
}
