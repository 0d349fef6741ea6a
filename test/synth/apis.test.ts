import { describe, expect, it } from '@jest/globals'
import { ERRORS, type ErrorCode } from '../../protocol/kit/errors.ts'
import { referenced, synthesizeStack } from './synthesized-stack.ts'

const stack = synthesizeStack({ namePrefix: 'Acme' })

describe('the REST API', () => {
  const methods = Object.values(stack.resources('AWS::ApiGateway::Method')).map(({ Properties }) => Properties)

  it('sends every path to the rest function, behind the authorizer', () => {
    const proxied = methods.filter((method) => method['HttpMethod'] === 'ANY')
    expect(proxied).toHaveLength(2)
    for (const method of proxied) {
      expect(method['AuthorizationType']).toBe('CUSTOM')
      expect(Object.keys(stack.resources('AWS::ApiGateway::Authorizer'))).toContain(referenced(method['AuthorizerId']))
      expect(method['Integration']).toMatchObject({ Type: 'AWS_PROXY' })
      expect(JSON.stringify(method['Integration'].Uri)).toContain(stack.functionOf('Answers the REST API').id)
    }
    stack.template.hasResourceProperties('AWS::ApiGateway::Resource', { PathPart: '{proxy+}' })
    stack.template.hasResourceProperties('AWS::ApiGateway::Stage', { StageName: 'v1' })
    stack.template.hasResourceProperties('AWS::ApiGateway::RestApi', {
      Name: 'Acme-rest',
      EndpointConfiguration: { Types: ['REGIONAL'] },
    })
  })

  it('refuses a request without the header before any function runs', () => {
    stack.template.hasResourceProperties('AWS::ApiGateway::Authorizer', {
      Type: 'REQUEST',
      IdentitySource: 'method.request.header.Authorization',
      AuthorizerResultTtlInSeconds: 300,
    })
  })

  it("answers a browser's preflight without a token", () => {
    const preflights = methods.filter((method) => method['HttpMethod'] === 'OPTIONS')
    expect(preflights).toHaveLength(2)
    for (const { AuthorizationType, Integration } of preflights) {
      // CDK's default gives a 500 to a preflight with a content type.
      expect(Integration).toMatchObject({ PassthroughBehavior: 'NEVER' })
      expect(AuthorizationType).toBe('NONE')
      expect(Integration.Type).toBe('MOCK')
      expect(Integration.IntegrationResponses[0].ResponseParameters).toMatchObject({
        'method.response.header.Access-Control-Allow-Origin': "'*'",
        'method.response.header.Access-Control-Allow-Headers': "'Authorization,Content-Type'",
      })
    }
  })

  it.each([
    ['UNAUTHORIZED', 'UNAUTHENTICATED'],
    ['ACCESS_DENIED', 'FORBIDDEN'],
    ['MISSING_AUTHENTICATION_TOKEN', 'UNKNOWN_ROUTE'],
    ['RESOURCE_NOT_FOUND', 'UNKNOWN_ROUTE'],
    ['REQUEST_TOO_LARGE', 'PAYLOAD_TOO_LARGE'],
    ['THROTTLED', 'THROTTLED'],
    ['QUOTA_EXCEEDED', 'THROTTLED'],
    ['INTEGRATION_FAILURE', 'UNAVAILABLE'],
    ['INTEGRATION_TIMEOUT', 'UNAVAILABLE'],
    ['DEFAULT_4XX', 'INVALID_REQUEST'],
    ['DEFAULT_5XX', 'INTERNAL'],
  ] satisfies [string, ErrorCode][])('says %s in our own words, readable for a browser', (type, code) => {
    const [response, ...others] = Object.values(stack.resources('AWS::ApiGateway::GatewayResponse'))
      .map(({ Properties }) => Properties)
      .filter(({ ResponseType }) => ResponseType === type)
    expect(others).toEqual([])
    expect(JSON.parse(response!['ResponseTemplates']['application/json'])).toEqual({
      error: { code, message: ERRORS[code].sentence },
    })
    expect(response!['StatusCode']).toBe(type.startsWith('DEFAULT') ? undefined : String(ERRORS[code].status))
    expect(response!['ResponseParameters']).toEqual({
      'gatewayresponse.header.Access-Control-Allow-Origin': "'*'",
    })
  })
})

describe('the WebSocket API', () => {
  const routes = Object.fromEntries(
    Object.entries(stack.resources('AWS::ApiGatewayV2::Route')).map(([id, { Properties }]) => [
      Properties['RouteKey'],
      { id, ...Properties } as Record<string, any>,
    ]),
  )

  it('routes every frame to the socket function, and checks the token on $connect', () => {
    expect(Object.keys(routes).sort()).toEqual(['$connect', '$default', '$disconnect'])
    expect(routes['$connect']).toMatchObject({ AuthorizationType: 'CUSTOM' })
    stack.template.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerType: 'REQUEST',
      IdentitySource: ['route.request.querystring.token'],
    })
    stack.template.resourceCountIs('AWS::ApiGatewayV2::Integration', 1)
    const [integration] = Object.values(stack.resources('AWS::ApiGatewayV2::Integration'))
    expect(JSON.stringify(integration!.Properties['IntegrationUri'])).toContain(
      stack.functionOf('Answers the WebSocket API').id,
    )
  })

  it('sends what the function returns for a frame back over the socket', () => {
    expect(routes['$default']!['RouteResponseSelectionExpression']).toBe('$default')
    stack.template.hasResourceProperties('AWS::ApiGatewayV2::RouteResponse', {
      RouteId: { Ref: routes['$default']!['id'] },
      RouteResponseKey: '$default',
    })
  })

  it('lets API Gateway call the socket function for each of its routes', () => {
    const socket = stack.functionOf('Answers the WebSocket API').id
    const sources = Object.values(stack.resources('AWS::Lambda::Permission'))
      .filter(({ Properties }) => referenced(Properties['FunctionName']) === socket)
      .map(({ Properties }) => JSON.stringify(Properties['SourceArn']))
    for (const route of Object.keys(routes)) expect(sources.some((source) => source.includes(`*${route}`))).toBe(true)
  })

  it('deploys itself, and keeps no log of requests, which would have the tokens in it', () => {
    const [stage] = Object.values(stack.resources('AWS::ApiGatewayV2::Stage'))
    expect(stage!.Properties).toMatchObject({ StageName: 'v1', AutoDeploy: true })
    expect(stage!.Properties['AccessLogSettings']).toBeUndefined()
    stack.template.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      Name: 'Acme-socket',
      ProtocolType: 'WEBSOCKET',
      RouteSelectionExpression: '$request.body.type',
    })
  })
})

describe('outputs', () => {
  it('have all that a client is configured from', () => {
    expect(Object.keys(stack.outputs).sort()).toEqual([
      'Region',
      'RegistryTableName',
      'RestUrl',
      'ResultsTableName',
      'SocketUrl',
      'TokenSecretArn',
    ])
    const text = (name: string) =>
      (stack.outputs[name]!.Value as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1]
        .map((part) => (typeof part === 'string' ? part : `<${referenced(part)}>`))
        .join('')
    expect(text('RestUrl')).toMatch(
      /^https:\/\/<PlatformRestApi\w+>\.execute-api\.<AWS::Region>\.<AWS::URLSuffix>\/v1$/,
    )
    expect(text('SocketUrl')).toMatch(
      /^wss:\/\/<PlatformSocketApi\w+>\.execute-api\.<AWS::Region>\.<AWS::URLSuffix>\/v1$/,
    )
  })
})
