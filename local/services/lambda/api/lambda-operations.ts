import { readCredential } from '../../../wire/credential.ts'
import { decodePathPart } from '../../../wire/decode-path-part.ts'
import type { AwsRequestHead } from '../../../wire/call.ts'

/** The operations of Lambda's REST API by method and path, behind the version of the path. */
const OPERATIONS: readonly (readonly [method: string, path: RegExp, operation: string])[] = [
  ['GET', /^functions$/, 'ListFunctions'],
  ['POST', /^functions$/, 'CreateFunction'],
  ['GET', /^functions\/[^/]+$/, 'GetFunction'],
  ['DELETE', /^functions\/[^/]+$/, 'DeleteFunction'],
  ['GET', /^functions\/[^/]+\/configuration$/, 'GetFunctionConfiguration'],
  ['PUT', /^functions\/[^/]+\/configuration$/, 'UpdateFunctionConfiguration'],
  ['PUT', /^functions\/[^/]+\/code$/, 'UpdateFunctionCode'],
  ['POST', /^functions\/[^/]+\/invocations$/, 'Invoke'],
  ['POST', /^functions\/[^/]+\/invoke-async$/, 'InvokeAsync'],
  ['POST', /^functions\/[^/]+\/response-streaming-invocations$/, 'InvokeWithResponseStream'],
  ['GET', /^functions\/[^/]+\/versions$/, 'ListVersionsByFunction'],
  ['POST', /^functions\/[^/]+\/versions$/, 'PublishVersion'],
  ['GET', /^functions\/[^/]+\/aliases$/, 'ListAliases'],
  ['POST', /^functions\/[^/]+\/aliases$/, 'CreateAlias'],
  ['GET', /^functions\/[^/]+\/aliases\/[^/]+$/, 'GetAlias'],
  ['PUT', /^functions\/[^/]+\/aliases\/[^/]+$/, 'UpdateAlias'],
  ['DELETE', /^functions\/[^/]+\/aliases\/[^/]+$/, 'DeleteAlias'],
  ['GET', /^functions\/[^/]+\/policy$/, 'GetPolicy'],
  ['POST', /^functions\/[^/]+\/policy$/, 'AddPermission'],
  ['DELETE', /^functions\/[^/]+\/policy\/[^/]+$/, 'RemovePermission'],
  ['GET', /^functions\/[^/]+\/concurrency$/, 'GetFunctionConcurrency'],
  ['PUT', /^functions\/[^/]+\/concurrency$/, 'PutFunctionConcurrency'],
  ['DELETE', /^functions\/[^/]+\/concurrency$/, 'DeleteFunctionConcurrency'],
  ['GET', /^functions\/[^/]+\/url$/, 'GetFunctionUrlConfig'],
  ['POST', /^functions\/[^/]+\/url$/, 'CreateFunctionUrlConfig'],
  ['GET', /^functions\/[^/]+\/urls$/, 'ListFunctionUrlConfigs'],
  ['GET', /^functions\/[^/]+\/event-invoke-config$/, 'GetFunctionEventInvokeConfig'],
  ['PUT', /^functions\/[^/]+\/event-invoke-config$/, 'PutFunctionEventInvokeConfig'],
  ['GET', /^functions\/[^/]+\/event-invoke-config\/list$/, 'ListFunctionEventInvokeConfigs'],
  ['GET', /^functions\/[^/]+\/provisioned-concurrency$/, 'GetProvisionedConcurrencyConfig'],
  ['GET', /^event-source-mappings$/, 'ListEventSourceMappings'],
  ['POST', /^event-source-mappings$/, 'CreateEventSourceMapping'],
  ['GET', /^event-source-mappings\/[^/]+$/, 'GetEventSourceMapping'],
  ['PUT', /^event-source-mappings\/[^/]+$/, 'UpdateEventSourceMapping'],
  ['DELETE', /^event-source-mappings\/[^/]+$/, 'DeleteEventSourceMapping'],
  ['GET', /^layers$/, 'ListLayers'],
  ['GET', /^layers\/[^/]+\/versions$/, 'ListLayerVersions'],
  ['GET', /^layers\/[^/]+\/versions\/[^/]+$/, 'GetLayerVersion'],
  ['POST', /^layers\/[^/]+\/versions$/, 'PublishLayerVersion'],
  ['GET', /^account-settings$/, 'GetAccountSettings'],
  ['GET', /^tags\/.+$/, 'ListTags'],
  ['POST', /^tags\/.+$/, 'TagResource'],
  ['DELETE', /^tags\/.+$/, 'UntagResource'],
]

const VERSIONED_PATH = /^\/20\d\d-\d\d-\d\d\/(.*?)\/?$/s

/** Returns Lambda's name for the operation of a request, also if the local cloud does not have it. */
export function lambdaOperation({ method, path, headers, query }: AwsRequestHead): string | undefined {
  const rest = VERSIONED_PATH.exec(path)?.[1]
  if (rest === undefined) return undefined
  const operation = OPERATIONS.find(([verb, pattern]) => verb === method && pattern.test(rest))?.[2]
  if (operation !== undefined) return operation
  return readCredential(headers, query)?.service === 'lambda' ? `${method} ${path}` : undefined
}

/** Returns the function or the mapping that a path names. */
export function lambdaResource(path: string): string {
  return decodePathPart(VERSIONED_PATH.exec(path)?.[1]?.split('/')[1] ?? '')
}
