import { namedValues } from '../../named-values.ts'
import type { ResolvedResource } from '../service.ts'
import { wrongProperty } from '../execute-api/properties.ts'
import { checkMapping, checkTemplate, mapParameter, renderTemplate } from './template-variables.ts'
import type { TemplateVariables } from './template-variables.ts'

/** The status, error type and usual message of every answer that API Gateway itself gives. */
const GATEWAY_RESPONSES = {
  ACCESS_DENIED: { status: 403, errorType: 'AccessDeniedException' },
  API_CONFIGURATION_ERROR: { status: 500, errorType: 'InternalServerErrorException' },
  AUTHORIZER_CONFIGURATION_ERROR: { status: 500, errorType: 'AuthorizerConfigurationException' },
  AUTHORIZER_FAILURE: { status: 500, errorType: 'AuthorizerFailureException' },
  BAD_REQUEST_BODY: { status: 400, errorType: 'BadRequestException' },
  BAD_REQUEST_PARAMETERS: { status: 400, errorType: 'BadRequestException' },
  DEFAULT_4XX: { status: 400, errorType: 'BadRequestException' },
  DEFAULT_5XX: { status: 500, errorType: 'InternalServerErrorException' },
  EXPIRED_TOKEN: { status: 403, errorType: 'ExpiredTokenException' },
  INTEGRATION_FAILURE: { status: 504, errorType: 'InternalServerErrorException' },
  INTEGRATION_TIMEOUT: { status: 504, errorType: 'InternalServerErrorException' },
  INVALID_API_KEY: { status: 403, errorType: 'ForbiddenException' },
  INVALID_SIGNATURE: { status: 403, errorType: 'InvalidSignatureException' },
  MISSING_AUTHENTICATION_TOKEN: { status: 403, errorType: 'MissingAuthenticationTokenException' },
  QUOTA_EXCEEDED: { status: 429, errorType: 'LimitExceededException' },
  REQUEST_TOO_LARGE: { status: 413, errorType: 'RequestEntityTooLargeException' },
  RESOURCE_NOT_FOUND: { status: 404, errorType: 'NotFoundException' },
  THROTTLED: { status: 429, errorType: 'TooManyRequestsException' },
  UNAUTHORIZED: { status: 401, errorType: 'UnauthorizedException' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, errorType: 'UnsupportedMediaTypeException' },
  WAF_FILTERED: { status: 403, errorType: 'ForbiddenException' },
} as const

export type GatewayResponseType = keyof typeof GATEWAY_RESPONSES

/** A customised answer: `AWS::ApiGateway::GatewayResponse`. */
export interface GatewayResponse {
  readonly statusCode?: number
  /** By content type. */
  readonly templates: Readonly<Record<string, string>>
  /** Header names to mapping expressions. */
  readonly headers: Readonly<Record<string, string>>
}

/** A request that API Gateway answers itself, without the integration. */
export interface GatewayFailure {
  readonly type: GatewayResponseType
  /** `null` if AWS says nothing: the body is then `{"message":null}`. */
  readonly message: string | null
  /** Set if it differs from the type's own status. AWS does so for failing proxy integrations (502). */
  readonly status?: number
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string | Buffer
}

const DEFAULT_TEMPLATE = '{"message":$context.error.messageString}'
const HEADER_PREFIX = 'gatewayresponse.header.'

export function isGatewayResponseType(type: string): type is GatewayResponseType {
  return Object.hasOwn(GATEWAY_RESPONSES, type)
}

/** Reads a customised answer. Refuses template variables that the local cloud cannot fill. */
export function parseGatewayResponse(
  resource: ResolvedResource,
  statusCode: number | undefined,
  templates: Readonly<Record<string, string>>,
  parameters: Readonly<Record<string, string>>,
): GatewayResponse {
  for (const template of Object.values(templates)) checkTemplate(resource, 'ResponseTemplates', template)
  const headers = namedValues<string>()
  for (const [target, source] of Object.entries(parameters)) {
    if (!target.startsWith(HEADER_PREFIX)) {
      throw wrongProperty(resource, `ResponseParameters.${target}`, `must start with "${HEADER_PREFIX}"`)
    }
    checkMapping(resource, `ResponseParameters.${target}`, source)
    headers[target.slice(HEADER_PREFIX.length)] = source
  }
  return { ...(statusCode === undefined ? {} : { statusCode }), templates, headers }
}

/**
 * Makes the answer to a failure: the customised one of its type, else of DEFAULT_4XX or DEFAULT_5XX, else AWS's own.
 */
export function renderGatewayResponse(
  customised: ReadonlyMap<GatewayResponseType, GatewayResponse>,
  failure: GatewayFailure,
  variables: TemplateVariables,
): HttpAnswer {
  const { errorType, status: ownStatus } = GATEWAY_RESPONSES[failure.type]
  const status = failure.status ?? ownStatus
  const fallback = status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX'
  const response = customised.get(failure.type) ?? customised.get(fallback)
  const [contentType, template] = pickTemplate(response?.templates ?? {})
  const filled: TemplateVariables = {
    ...variables,
    context: {
      ...variables.context,
      error: {
        message: failure.message ?? '',
        messageString: JSON.stringify(failure.message),
        responseType: failure.type,
      },
    },
  }
  const headers: [string, string][] = [
    ['Content-Type', contentType],
    ['x-amzn-ErrorType', errorType],
  ]
  for (const [name, source] of Object.entries(response?.headers ?? {})) {
    const value = mapParameter(source, filled)
    if (value !== undefined) headers.push([name, value])
  }
  return { status: response?.statusCode ?? status, headers, body: renderTemplate(template, filled) }
}

function pickTemplate(templates: Readonly<Record<string, string>>): [contentType: string, template: string] {
  const json = templates['application/json']
  if (json !== undefined) return ['application/json', json]
  return Object.entries(templates)[0] ?? ['application/json', DEFAULT_TEMPLATE]
}
