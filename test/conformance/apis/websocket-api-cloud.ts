import { invocationUri, startApiCloud } from './execute-api-cloud.ts'
import type { ApiCloud, Behaviour } from './execute-api-cloud.ts'

export interface SocketCloud extends ApiCloud {
  /** `http://…/_aws/execute-api/<id>/v1`: clients connect and SDKs post there. */
  readonly url: string
  readonly apiId: string
}

/** A WebSocket API as CDK makes it: `$connect` behind an authorizer, and one function behind every route. */
export async function startSocketCloud(
  behaviours: Record<'authorizer' | 'socket', Behaviour>,
  { routes = ['$disconnect', '$default'], stage = {} }: { routes?: string[]; stage?: Record<string, unknown> } = {},
): Promise<SocketCloud> {
  const cloud = await startApiCloud(behaviours)
  const create = (logicalId: string, type: string, properties: Record<string, unknown>) =>
    cloud.create(logicalId, `AWS::ApiGatewayV2::${type}`, properties)
  const api = await create('Socket', 'Api', {
    Name: 'chat',
    ProtocolType: 'WEBSOCKET',
    RouteSelectionExpression: '$request.body.type',
  })
  const ApiId = api.ref
  const guard = await create('Guard', 'Authorizer', {
    ApiId,
    Name: 'guard',
    AuthorizerType: 'REQUEST',
    AuthorizerUri: invocationUri('authorizer'),
    IdentitySource: ['route.request.querystring.token'],
  })
  const integration = await create('Integration', 'Integration', {
    ApiId,
    IntegrationType: 'AWS_PROXY',
    IntegrationUri: invocationUri('socket'),
  })
  const Target = `integrations/${integration.ref}`
  await create('Connect', 'Route', {
    ApiId,
    RouteKey: '$connect',
    AuthorizationType: 'CUSTOM',
    AuthorizerId: guard.ref,
    Target,
  })
  for (const RouteKey of routes) {
    const route = await create(`Route${RouteKey}`, 'Route', { ApiId, RouteKey, AuthorizationType: 'NONE', Target })
    if (RouteKey === '$disconnect' || RouteKey === 'silent') continue
    await create(`Answer${RouteKey}`, 'RouteResponse', { ApiId, RouteId: route.ref, RouteResponseKey: '$default' })
  }
  await create('Stage', 'Stage', { ApiId, StageName: 'v1', AutoDeploy: true, ...stage })
  return { ...cloud, apiId: ApiId, url: `${cloud.endpoint}/_aws/execute-api/${ApiId}/v1` }
}
