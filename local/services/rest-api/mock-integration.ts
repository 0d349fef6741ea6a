import { namedValues } from '../../named-values.ts'
import type { ResolvedResource } from '../service.ts'
import { asObject, asTextMap, requireKnownMembers, wrongProperty } from '../execute-api/properties.ts'
import type { GatewayFailure, HttpAnswer } from './gateway-response.ts'

/** A MOCK integration, as CDK's `defaultCorsPreflightOptions` makes it for OPTIONS. */
export interface MockIntegration {
  readonly type: 'MOCK'
  /** By content type of the request: the status that its request template gives. */
  readonly statusByContentType: ReadonlyMap<string, number>
  readonly passesUnknownContentTypes: boolean
  readonly responses: readonly MockResponse[]
}

interface MockResponse {
  readonly status: number
  /** Matched against the status of the request template. Absent on the default response. */
  readonly selection?: RegExp
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const HEADER_PREFIX = 'method.response.header.'

export function parseMockIntegration(
  resource: ResolvedResource,
  integration: Readonly<Record<string, unknown>>,
): MockIntegration {
  const templates = asTextMap(resource, 'Integration.RequestTemplates', integration['RequestTemplates'] ?? {})
  const statuses = Object.entries(templates).map(([contentType, template]) => {
    // The template is not JSON but the template language: AWS takes `{ statusCode: 200 }` without quotes.
    const status = /^\s*\{\s*["']?statusCode["']?\s*:\s*(\d{3})\s*\}\s*$/.exec(template)?.[1]
    if (status === undefined) {
      throw wrongProperty(resource, 'Integration.RequestTemplates', `must be like {"statusCode": 200}, not ${template}`)
    }
    return [contentType, Number(status)] as const
  })
  const responses = integration['IntegrationResponses'] ?? []
  if (!Array.isArray(responses)) throw wrongProperty(resource, 'Integration.IntegrationResponses', 'must be a list')
  const behaviour = integration['PassthroughBehavior'] ?? 'WHEN_NO_MATCH'
  return {
    type: 'MOCK',
    statusByContentType: new Map(statuses),
    passesUnknownContentTypes: behaviour === 'WHEN_NO_MATCH',
    responses: responses.map((response) => parseResponse(resource, response)),
  }
}

function parseResponse(resource: ResolvedResource, value: unknown): MockResponse {
  const path = 'Integration.IntegrationResponses'
  const response = asObject(resource, path, value)
  requireKnownMembers(resource, path, response, [
    'StatusCode',
    'SelectionPattern',
    'ResponseParameters',
    'ResponseTemplates',
  ])
  const headers = namedValues<string>()
  const parameters = asTextMap(resource, path, response['ResponseParameters'] ?? {})
  for (const [target, source] of Object.entries(parameters)) {
    const literal = /^'(.*)'$/s.exec(source)?.[1]
    if (!target.startsWith(HEADER_PREFIX) || literal === undefined) {
      throw wrongProperty(resource, `${path}.${target}`, `must map a response header to a 'literal', not ${source}`)
    }
    headers[target.slice(HEADER_PREFIX.length)] = literal
  }
  const body = asTextMap(resource, path, response['ResponseTemplates'] ?? {})['application/json'] ?? ''
  const directive = /[$#]\w+/.exec(body)?.[0]
  if (directive !== undefined) {
    throw wrongProperty(
      resource,
      `${path}.ResponseTemplates`,
      `uses ${directive}, which is not implemented: write the body as plain text`,
    )
  }
  const selection = response['SelectionPattern']
  return {
    status: Number(response['StatusCode']),
    ...(selection === undefined ? {} : { selection: new RegExp(`^(?:${String(selection)})$`) }),
    headers,
    body,
  }
}

/** Answers without a backend. A request that no template fits fails as on AWS. */
export function answerMock(integration: MockIntegration, contentType: string | undefined): HttpAnswer | GatewayFailure {
  const type = contentType?.split(';')[0]?.trim().toLowerCase() || 'application/json'
  const status = integration.statusByContentType.get(type)
  if (status === undefined && !integration.passesUnknownContentTypes) {
    return { type: 'UNSUPPORTED_MEDIA_TYPE', message: 'Unsupported Media Type' }
  }
  const chosen =
    integration.responses.find(({ selection }) => selection?.test(String(status))) ??
    integration.responses.find(({ selection }) => selection === undefined)
  if (status === undefined || chosen === undefined) {
    return { type: 'API_CONFIGURATION_ERROR', message: 'Internal server error' }
  }
  const headers = { 'Content-Type': 'application/json', ...chosen.headers }
  return { status: chosen.status, headers: Object.entries(headers), body: chosen.body }
}
