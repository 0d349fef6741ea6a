import type { CloudContext } from '../../context.ts'
import { requireKnownProperties } from '../../assembly/properties.ts'
import { stableId } from '../execute-api/api-ids.ts'
import { createAuthorizer } from '../execute-api/authorizer.ts'
import { authorizerTarget } from '../execute-api/function-uri.ts'
import { parseIdentitySources } from '../execute-api/identity-source.ts'
import type { IntegrationRunner } from '../execute-api/invocation.ts'
import {
  optionalNumber,
  optionalText,
  textList,
  textMap,
  textProperty,
  wrongProperty,
} from '../execute-api/properties.ts'
import type {
  CreatedResource,
  ExecuteApi,
  LocalService,
  MadeResource,
  ResolvedResource,
  ResourceChanges,
  ResourceFactory,
} from '../service.ts'
import { isGatewayResponseType, parseGatewayResponse, type GatewayResponseType } from './gateway-response.ts'
import { parseMethod, parseStageThrottle } from './method.ts'
import { handleRequest } from './request-handler.ts'
import type { Method, RestApi } from './rest-api.ts'

const DEFAULT_CACHE_TTL_SECONDS = 300

/**
 * REST APIs (API Gateway v1): resources, methods with Lambda proxy and MOCK integrations, Lambda authorizers,
 * gateway responses, stages.
 *
 * @example
 * const restApi = createRestApi(context, { functions, roles: iam })
 * const { ref: apiId } = await restApi.resources['AWS::ApiGateway::RestApi']!(resource)
 * restApi.handle(request, response, { apiId, stage: 'v1', path: '/jobs', query })
 */
export function createRestApi(
  context: CloudContext,
  deps: Omit<IntegrationRunner, 'context'>,
): LocalService & ExecuteApi {
  const runner: IntegrationRunner = { context, ...deps }
  const apis = new Map<string, RestApi>()
  const apiOf = (resource: ResolvedResource): RestApi => {
    const api = apis.get(textProperty(resource, 'RestApiId'))
    if (api === undefined) throw wrongProperty(resource, 'RestApiId', 'names no REST API of this stack')
    return api
  }
  return {
    name: 'rest-api',
    resources: {
      'AWS::ApiGateway::RestApi': (resource) => defineApi(resource, apis),
      'AWS::ApiGateway::Resource': withApi(apiOf, createResource),
      'AWS::ApiGateway::Method': withApi(apiOf, createMethod),
      'AWS::ApiGateway::Authorizer': withApi(apiOf, (resource, api) => createLambdaAuthorizer(resource, api, runner)),
      'AWS::ApiGateway::GatewayResponse': withApi(apiOf, createGatewayResponse),
      'AWS::ApiGateway::Deployment': withApi(apiOf, createDeployment),
      'AWS::ApiGateway::Stage': withApi(apiOf, (resource, api) => createStage(resource, api, context)),
      // Only lets API Gateway write logs, which has no meaning here.
      'AWS::ApiGateway::Account': (resource) => {
        requireKnownProperties(resource, { implemented: [], harmless: ['CloudWatchRoleArn'] })
        return created(stableId(resource.logicalId), 'Id')
      },
    },
    changes: restApiChanges(apis, runner),
    owns: (apiId) => apis.has(apiId),
    handle(request, response, target) {
      handleRequest(runner, apis.get(target.apiId)!, request, response, target).catch((error: unknown) => {
        context.log({ source: 'rest-api', level: 'error', message: String(error) })
        if (response.headersSent) response.destroy()
        else response.writeHead(500, { 'Content-Type': 'application/json' }).end('{"message":"Internal server error"}')
      })
    },
  }
}

/**
 * The parts of an API are made again over the old ones, under the same ids. Those that are removed go from their API,
 * if it is still there.
 */
function restApiChanges(apis: Map<string, RestApi>, runner: IntegrationRunner): Record<string, ResourceChanges> {
  const removing = (remove: (api: RestApi, old: MadeResource) => void): ((old: MadeResource) => void) => {
    return (old) => {
      const api = apis.get(String(old.resource.properties['RestApiId']))
      if (api !== undefined) remove(api, old)
    }
  }
  const updating = (
    create: (resource: ResolvedResource, api: RestApi) => CreatedResource,
  ): NonNullable<ResourceChanges['update']> => {
    return (resource, old) => {
      const api = apis.get(textProperty(resource, 'RestApiId'))
      const isSameApi = resource.properties['RestApiId'] === old.resource.properties['RestApiId']
      return api === undefined || !isSameApi ? undefined : create(resource, api)
    }
  }
  return {
    'AWS::ApiGateway::RestApi': {
      update: (resource) => defineApi(resource, apis),
      remove: ({ created: { ref } }) => void apis.delete(ref),
    },
    'AWS::ApiGateway::Resource': {
      update: updating(createResource),
      remove: removing((api, { created: { ref } }) => api.resources.delete(ref)),
    },
    'AWS::ApiGateway::Method': {
      // A method that moves to another path or verb must leave the old one.
      remove: removing((api, { resource: { properties } }) =>
        api.resources.get(String(properties['ResourceId']))?.methods.delete(String(properties['HttpMethod'])),
      ),
    },
    'AWS::ApiGateway::Authorizer': {
      update: updating((resource, api) => createLambdaAuthorizer(resource, api, runner)),
      remove: removing((api, { created: { ref } }) => api.authorizers.delete(ref)),
    },
    'AWS::ApiGateway::GatewayResponse': {
      remove: removing((api, { resource }) =>
        api.gatewayResponses.delete(resource.properties['ResponseType'] as GatewayResponseType),
      ),
    },
    'AWS::ApiGateway::Stage': {
      update: updating((resource, api) => createStage(resource, api, runner.context)),
      remove: removing((api, { created: { ref } }) => api.stages.delete(ref)),
    },
  }
}

function withApi(
  apiOf: (resource: ResolvedResource) => RestApi,
  create: (resource: ResolvedResource, api: RestApi) => CreatedResource,
): ResourceFactory {
  return (resource) => create(resource, apiOf(resource))
}

function created(id: string, attribute: string): CreatedResource {
  return { ref: id, attributes: { [attribute]: id } }
}

/** Makes an API, or changes its own settings and keeps its parts. */
function defineApi(resource: ResolvedResource, apis: Map<string, RestApi>): CreatedResource {
  requireKnownProperties(resource, {
    implemented: ['Name', 'BinaryMediaTypes'],
    // Routing to the API and strictness of its import: there is one address here, and nothing is imported.
    harmless: ['EndpointConfiguration', 'FailOnWarnings', 'ApiKeySourceType'],
  })
  const id = stableId(resource.logicalId)
  const rootResourceId = stableId(`${resource.logicalId}/`)
  apis.set(id, {
    id,
    rootResourceId,
    resources: new Map([[rootResourceId, { id: rootResourceId, pathPart: '', methods: new Map() }]]),
    authorizers: new Map(),
    gatewayResponses: new Map(),
    stages: new Map(),
    ...apis.get(id),
    name: optionalText(resource, 'Name') ?? resource.logicalId,
    binaryMediaTypes: textList(resource, 'BinaryMediaTypes'),
  })
  return { ref: id, attributes: { RestApiId: id, RootResourceId: rootResourceId } }
}

function createResource(resource: ResolvedResource, api: RestApi): CreatedResource {
  requireKnownProperties(resource, { implemented: ['RestApiId', 'ParentId', 'PathPart'] })
  const id = stableId(resource.logicalId)
  const parentId = textProperty(resource, 'ParentId')
  if (!api.resources.has(parentId)) throw wrongProperty(resource, 'ParentId', 'names no resource of this API')
  const methods = api.resources.get(id)?.methods ?? new Map<string, Method>()
  api.resources.set(id, { id, parentId, pathPart: textProperty(resource, 'PathPart'), methods })
  return created(id, 'ResourceId')
}

function createMethod(resource: ResolvedResource, api: RestApi): CreatedResource {
  const target = api.resources.get(textProperty(resource, 'ResourceId'))
  if (target === undefined) throw wrongProperty(resource, 'ResourceId', 'names no resource of this API')
  target.methods.set(textProperty(resource, 'HttpMethod'), parseMethod(resource))
  return { ref: stableId(resource.logicalId), attributes: {} }
}

function createLambdaAuthorizer(resource: ResolvedResource, api: RestApi, runner: IntegrationRunner): CreatedResource {
  requireKnownProperties(resource, {
    implemented: [
      'RestApiId',
      'Type',
      'AuthorizerCredentials',
      'AuthorizerUri',
      'IdentitySource',
      'AuthorizerResultTtlInSeconds',
      'Name',
    ],
    harmless: ['AuthType'],
  })
  if (textProperty(resource, 'Type') !== 'REQUEST') {
    throw wrongProperty(resource, 'Type', 'must be REQUEST: the local cloud implements no other authorizer')
  }
  const sources = optionalText(resource, 'IdentitySource')?.split(',') ?? []
  const ttlSeconds = optionalNumber(resource, 'AuthorizerResultTtlInSeconds') ?? DEFAULT_CACHE_TTL_SECONDS
  if (ttlSeconds > 0 && sources.length === 0) {
    throw wrongProperty(resource, 'IdentitySource', 'is needed where results are cached')
  }
  const id = stableId(resource.logicalId, 6)
  const settings = {
    name: optionalText(resource, 'Name') ?? resource.logicalId,
    target: authorizerTarget(resource, runner.context, {
      apiId: api.id,
      id,
      credentialsProperty: 'AuthorizerCredentials',
    }),
    identitySources: parseIdentitySources(resource, sources),
    cacheTtlMs: ttlSeconds * 1000,
  }
  api.authorizers.set(id, createAuthorizer(settings, runner))
  return created(id, 'AuthorizerId')
}

function createGatewayResponse(resource: ResolvedResource, api: RestApi): CreatedResource {
  requireKnownProperties(resource, {
    implemented: ['RestApiId', 'ResponseType', 'StatusCode', 'ResponseParameters', 'ResponseTemplates'],
  })
  const type = textProperty(resource, 'ResponseType')
  if (!isGatewayResponseType(type)) throw wrongProperty(resource, 'ResponseType', `is unknown: ${type}`)
  const response = parseGatewayResponse(
    resource,
    optionalNumber(resource, 'StatusCode'),
    textMap(resource, 'ResponseTemplates'),
    textMap(resource, 'ResponseParameters'),
  )
  api.gatewayResponses.set(type, response)
  return created(stableId(resource.logicalId), 'Id')
}

function createDeployment(resource: ResolvedResource): CreatedResource {
  requireKnownProperties(resource, { implemented: ['RestApiId'] })
  return created(stableId(resource.logicalId, 6), 'DeploymentId')
}

function createStage(resource: ResolvedResource, api: RestApi, context: CloudContext): CreatedResource {
  requireKnownProperties(resource, {
    implemented: ['RestApiId', 'StageName', 'DeploymentId', 'Variables', 'MethodSettings'],
    // Logs and traces of API Gateway itself, which the local cloud does not keep.
    harmless: ['AccessLogSetting', 'TracingEnabled'],
  })
  const name = textProperty(resource, 'StageName')
  api.stages.set(name, {
    name,
    deploymentId: textProperty(resource, 'DeploymentId'),
    variables: textMap(resource, 'Variables'),
    throttle: parseStageThrottle(resource, context.clock),
  })
  return { ref: name, attributes: {} }
}
