import { requireKnownProperties } from '../../assembly/properties.ts'
import type { Clock } from '../../clock.ts'
import { functionArnFromUri } from '../execute-api/function-uri.ts'
import { INTEGRATION_TIMEOUT_MS } from '../execute-api/invocation.ts'
import { asObject, optionalText, requireKnownMembers, textProperty, wrongProperty } from '../execute-api/properties.ts'
import { createThrottle } from '../execute-api/token-bucket.ts'
import type { Throttle } from '../execute-api/token-bucket.ts'
import type { ResolvedResource } from '../service.ts'
import { parseMockIntegration } from './mock-integration.ts'
import type { Method } from './rest-api.ts'

/** Reads `AWS::ApiGateway::Method`. */
export function parseMethod(resource: ResolvedResource): Method {
  requireKnownProperties(resource, {
    implemented: ['RestApiId', 'ResourceId', 'HttpMethod', 'AuthorizationType', 'AuthorizerId', 'Integration'],
    // A proxy integration may return anything, whatever the method declares. Nothing here validates or needs a key.
    harmless: ['MethodResponses', 'OperationName', 'RequestParameters', 'ApiKeyRequired'],
  })
  if (resource.properties['ApiKeyRequired'] === true) {
    throw wrongProperty(resource, 'ApiKeyRequired', 'is not implemented by the local cloud: use an authorizer')
  }
  const authorization = textProperty(resource, 'AuthorizationType')
  if (authorization !== 'NONE' && authorization !== 'CUSTOM') {
    throw wrongProperty(
      resource,
      'AuthorizationType',
      `${authorization} is not implemented by the local cloud: use NONE or CUSTOM`,
    )
  }
  const authorizerId = optionalText(resource, 'AuthorizerId')
  if (authorization === 'CUSTOM' && authorizerId === undefined) {
    throw wrongProperty(resource, 'AuthorizerId', 'is missing')
  }
  return {
    ...(authorization === 'CUSTOM' ? { authorizerId: authorizerId! } : {}),
    integration: parseIntegration(resource),
  }
}

function parseIntegration(resource: ResolvedResource): Method['integration'] {
  const integration = asObject(resource, 'Integration', resource.properties['Integration'] ?? {})
  const type = integration['Type']
  if (type === 'MOCK') {
    requireKnownMembers(resource, 'Integration', integration, [
      'Type',
      'RequestTemplates',
      'IntegrationResponses',
      'PassthroughBehavior',
    ])
    return parseMockIntegration(resource, integration)
  }
  if (type !== 'AWS_PROXY') {
    throw wrongProperty(resource, 'Integration.Type', `${String(type)} is not implemented: use AWS_PROXY or MOCK`)
  }
  requireKnownMembers(resource, 'Integration', integration, [
    'Type',
    'Uri',
    'IntegrationHttpMethod',
    'TimeoutInMillis',
    'PassthroughBehavior',
  ])
  if (integration['IntegrationHttpMethod'] !== 'POST') {
    throw wrongProperty(resource, 'Integration.IntegrationHttpMethod', 'must be POST: Lambda is invoked by no other')
  }
  return {
    type: 'AWS_PROXY',
    functionArn: functionArnFromUri(resource, 'Integration.Uri', integration['Uri']),
    timeoutMs: Number(integration['TimeoutInMillis'] ?? INTEGRATION_TIMEOUT_MS),
  }
}

/** Reads the throttling of a whole stage. Limits of single methods are refused. There is no logging to set up here. */
export function parseStageThrottle(resource: ResolvedResource, clock: Clock): Throttle {
  const settings = resource.properties['MethodSettings'] ?? []
  if (!Array.isArray(settings)) throw wrongProperty(resource, 'MethodSettings', 'must be a list')
  let throttle = createThrottle(clock, undefined, undefined)
  for (const value of settings as unknown[]) {
    const setting = asObject(resource, 'MethodSettings', value)
    requireKnownMembers(resource, 'MethodSettings', setting, [
      'HttpMethod',
      'ResourcePath',
      'ThrottlingRateLimit',
      'ThrottlingBurstLimit',
      'DataTraceEnabled',
      'LoggingLevel',
      'MetricsEnabled',
    ])
    const { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst } = setting
    if (rate === undefined && burst === undefined) continue
    if (setting['HttpMethod'] !== '*' || setting['ResourcePath'] !== '/*') {
      throw wrongProperty(
        resource,
        'MethodSettings',
        'limits single methods, which the local cloud does not implement: limit all, by HttpMethod * and ResourcePath /*',
      )
    }
    throttle = createThrottle(clock, numberOf(rate), numberOf(burst))
  }
  return throttle
}

function numberOf(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(value)
}
