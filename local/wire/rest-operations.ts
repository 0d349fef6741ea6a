import { ownValue } from '../named-values.ts'

/** The operations of services that speak REST and that the local cloud has no API for, by method and path. */
const REST_OPERATIONS: Readonly<
  Record<string, readonly (readonly [method: string, path: RegExp, operation: string])[]>
> = {
  apigateway: [
    ['GET', /^\/restapis$/, 'GetRestApis'],
    ['POST', /^\/restapis$/, 'CreateRestApi'],
    ['GET', /^\/restapis\/[^/]+$/, 'GetRestApi'],
    ['DELETE', /^\/restapis\/[^/]+$/, 'DeleteRestApi'],
    ['PATCH', /^\/restapis\/[^/]+$/, 'UpdateRestApi'],
    ['GET', /^\/restapis\/[^/]+\/resources$/, 'GetResources'],
    ['GET', /^\/restapis\/[^/]+\/resources\/[^/]+$/, 'GetResource'],
    ['GET', /^\/restapis\/[^/]+\/resources\/[^/]+\/methods\/[^/]+$/, 'GetMethod'],
    ['POST', /^\/restapis\/[^/]+\/resources\/[^/]+\/methods\/[^/]+$/, 'TestInvokeMethod'],
    ['GET', /^\/restapis\/[^/]+\/stages$/, 'GetStages'],
    ['GET', /^\/restapis\/[^/]+\/stages\/[^/]+$/, 'GetStage'],
    ['PATCH', /^\/restapis\/[^/]+\/stages\/[^/]+$/, 'UpdateStage'],
    ['GET', /^\/restapis\/[^/]+\/deployments$/, 'GetDeployments'],
    ['POST', /^\/restapis\/[^/]+\/deployments$/, 'CreateDeployment'],
    ['GET', /^\/restapis\/[^/]+\/authorizers$/, 'GetAuthorizers'],
    ['GET', /^\/restapis\/[^/]+\/gatewayresponses$/, 'GetGatewayResponses'],
    ['GET', /^\/restapis\/[^/]+\/models$/, 'GetModels'],
    ['GET', /^\/domainnames$/, 'GetDomainNames'],
    ['GET', /^\/usageplans$/, 'GetUsagePlans'],
    ['GET', /^\/apikeys$/, 'GetApiKeys'],
    ['GET', /^\/account$/, 'GetAccount'],
    ['GET', /^\/v2\/apis$/, 'GetApis'],
    ['POST', /^\/v2\/apis$/, 'CreateApi'],
    ['GET', /^\/v2\/apis\/[^/]+$/, 'GetApi'],
    ['DELETE', /^\/v2\/apis\/[^/]+$/, 'DeleteApi'],
    ['GET', /^\/v2\/apis\/[^/]+\/routes$/, 'GetRoutes'],
    ['GET', /^\/v2\/apis\/[^/]+\/stages$/, 'GetStages'],
    ['GET', /^\/v2\/apis\/[^/]+\/integrations$/, 'GetIntegrations'],
    ['GET', /^\/v2\/apis\/[^/]+\/deployments$/, 'GetDeployments'],
    ['GET', /^\/v2\/apis\/[^/]+\/authorizers$/, 'GetAuthorizers'],
    ['GET', /^\/v2\/domainnames$/, 'GetDomainNames'],
  ],
}

/** Returns the name of an operation that the path of a REST call tells; undefined if it tells none that is known. */
export function restOperation(service: string | undefined, method: string, path: string): string | undefined {
  const operations = ownValue(REST_OPERATIONS, service ?? '') ?? []
  const bare = path.replace(/\/$/, '')
  return operations.find(([verb, pattern]) => verb === method && pattern.test(bare))?.[2]
}
