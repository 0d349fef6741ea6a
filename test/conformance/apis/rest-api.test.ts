import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { invocationUri, policy, startApiCloud, THROTTLED } from './execute-api-cloud.ts'
import type { ApiCloud, Behaviour, Event } from './execute-api-cloud.ts'

let cloud: ApiCloud
let url: string
let apiId: string
let authorizer: Behaviour
let handler: Behaviour

beforeEach(async () => {
  authorizer = (event) => policy('Allow', event['methodArn'] as string)
  handler = (event) => ({ statusCode: 200, body: JSON.stringify(event) })
  cloud = await startApiCloud({ authorizer: (event) => authorizer(event), rest: (event) => handler(event) })
  const api = await cloud.create('Api', 'AWS::ApiGateway::RestApi', { Name: 'shop', BinaryMediaTypes: ['image/png'] })
  apiId = api.ref
  const guard = await cloud.create('Guard', 'AWS::ApiGateway::Authorizer', {
    RestApiId: apiId,
    Type: 'REQUEST',
    Name: 'guard',
    AuthorizerUri: invocationUri('authorizer'),
    IdentitySource: 'method.request.header.Authorization',
    AuthorizerResultTtlInSeconds: 300,
  })
  const rootId = api.attributes['RootResourceId']!
  const jobs = await addResource('Jobs', rootId, 'jobs')
  const job = await addResource('Job', jobs, '{id}')
  const rest = await addResource('Rest', rootId, '{proxy+}')
  const secured = { AuthorizationType: 'CUSTOM', AuthorizerId: guard.ref }
  await addMethod('GetJob', job, 'GET', secured)
  await addMethod('AnyRest', rest, 'ANY', { AuthorizationType: 'NONE' })
  await addMethod('AnyRoot', rootId, 'ANY', secured)
  await cloud.create('Options', 'AWS::ApiGateway::Method', preflight(rest))
  await cloud.create('Stage', 'AWS::ApiGateway::Stage', {
    RestApiId: apiId,
    StageName: 'v1',
    DeploymentId: (await cloud.create('Deployment', 'AWS::ApiGateway::Deployment', { RestApiId: apiId })).ref,
    Variables: { colour: 'blue' },
  })
  url = `${cloud.endpoint}/_aws/execute-api/${apiId}/v1`
})

afterEach(() => cloud.close())

async function addResource(logicalId: string, parentId: string, pathPart: string): Promise<string> {
  const properties = { RestApiId: apiId, ParentId: parentId, PathPart: pathPart }
  return (await cloud.create(logicalId, 'AWS::ApiGateway::Resource', properties)).ref
}

async function addMethod(logicalId: string, resourceId: string, method: string, more: object): Promise<void> {
  await cloud.create(logicalId, 'AWS::ApiGateway::Method', {
    RestApiId: apiId,
    ResourceId: resourceId,
    HttpMethod: method,
    Integration: { Type: 'AWS_PROXY', IntegrationHttpMethod: 'POST', Uri: invocationUri('rest') },
    ...more,
  })
}

/** Makes exactly what CDK's `defaultCorsPreflightOptions` emits. */
function preflight(resourceId: string): Record<string, unknown> {
  const header = (name: string): string => `method.response.header.Access-Control-Allow-${name}`
  return {
    RestApiId: apiId,
    ResourceId: resourceId,
    HttpMethod: 'OPTIONS',
    ApiKeyRequired: false,
    AuthorizationType: 'NONE',
    Integration: {
      Type: 'MOCK',
      RequestTemplates: { 'application/json': '{ statusCode: 200 }' },
      IntegrationResponses: [
        {
          StatusCode: '204',
          ResponseParameters: { [header('Origin')]: "'*'", [header('Methods')]: "'GET,POST'" },
        },
      ],
    },
    MethodResponses: [
      { StatusCode: '204', ResponseParameters: { [header('Origin')]: true, [header('Methods')]: true } },
    ],
  }
}

function addGatewayResponse(logicalId: string, type: string, more: Record<string, unknown>) {
  return cloud.create(logicalId, 'AWS::ApiGateway::GatewayResponse', { RestApiId: apiId, ResponseType: type, ...more })
}

const TOKEN = { Authorization: 'Bearer t' }

describe('the proxy event', () => {
  it('carries the request as REST APIs do', async () => {
    authorizer = (event) => policy('Allow', event['methodArn'] as string, { namespace: 'a', level: 7, admin: true })
    const response = await fetch(`${url}/jobs/a%3Ab?tag=x&tag=y&q=%20z`, { headers: { ...TOKEN, 'X-Many': '1' } })
    const event = (await response.json()) as Event
    expect(event).toMatchObject({
      resource: '/jobs/{id}',
      path: '/jobs/a%3Ab',
      httpMethod: 'GET',
      queryStringParameters: { tag: 'y', q: ' z' },
      multiValueQueryStringParameters: { tag: ['x', 'y'], q: [' z'] },
      pathParameters: { id: 'a:b' },
      stageVariables: { colour: 'blue' },
      body: null,
      isBase64Encoded: false,
      requestContext: {
        apiId,
        stage: 'v1',
        path: '/v1/jobs/a%3Ab',
        resourcePath: '/jobs/{id}',
        httpMethod: 'GET',
        domainName: `${apiId}.execute-api.us-east-1.amazonaws.com`,
        requestTime: '01/Jan/2026:00:00:00 +0000',
        requestTimeEpoch: Date.UTC(2026, 0, 1),
        identity: { sourceIp: '127.0.0.1' },
        authorizer: { principalId: 'ann', namespace: 'a', level: '7', admin: 'true' },
      },
    })
    expect(event['headers'].Authorization).toBe('Bearer t')
    expect(event['multiValueHeaders'].Authorization).toEqual(['Bearer t'])
    expect(event['requestContext'].requestId).toBe(response.headers.get('x-amzn-requestid'))
    expect(response.headers.get('x-amz-apigw-id')).toMatch(/^[\w-]{15}=$/)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(cloud.billed()).toEqual({ 'restRequest shop': 1 })
  })

  it('has null for empty maps, the greedy path and the text of the body', async () => {
    const response = await fetch(`${url}/x/y/z`, { method: 'PUT', body: '{"é":1}' })
    expect(await response.json()).toMatchObject({
      resource: '/{proxy+}',
      pathParameters: { proxy: 'x/y/z' },
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      body: '{"é":1}',
      httpMethod: 'PUT',
    })
  })

  it('has a binary body in base64 if the API lists its type', async () => {
    const body = Buffer.from([0, 255, 128])
    const response = await fetch(`${url}/image`, { method: 'POST', body, headers: { 'Content-Type': 'image/png' } })
    expect(await response.json()).toMatchObject({ body: body.toString('base64'), isBase64Encoded: true })
  })
})

describe("the function's answer", () => {
  it('becomes status, headers and body', async () => {
    handler = () => ({
      statusCode: 201,
      headers: { 'X-One': 'a', 'WWW-Authenticate': 'Basic' },
      multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] },
      body: 'made',
    })
    const response = await fetch(`${url}/x`)
    expect(response.status).toBe(201)
    expect(await response.text()).toBe('made')
    expect(response.headers.get('x-one')).toBe('a')
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(response.headers.get('www-authenticate')).toBeNull()
    expect(response.headers.get('x-amzn-remapped-www-authenticate')).toBe('Basic')
  })

  it('is decoded from base64 for a client that accepts a binary type first', async () => {
    handler = () => ({ statusCode: 200, body: 'AP+A', isBase64Encoded: true, headers: { 'Content-Type': 'image/png' } })
    const binary = await fetch(`${url}/x`, { headers: { Accept: 'image/png' } })
    expect(Buffer.from(await binary.arrayBuffer())).toEqual(Buffer.from([0, 255, 128]))
    const text = await fetch(`${url}/x`, { headers: { Accept: 'text/html,image/png' } })
    expect(await text.text()).toBe('AP+A')
  })

  it.each<[string, unknown]>([
    ['a string', 'hello'],
    ['nothing', undefined],
    ['an unknown member', { statusCode: 200, cookies: [] }],
    ['an object as body', { statusCode: 200, body: {} }],
    ['no status', { statusCode: 'fine' }],
    ['a number as header', { statusCode: 200, headers: { 'Retry-After': 5 } }],
  ])('is a 502 if it is %s', async (_, value) => {
    handler = () => value
    const response = await fetch(`${url}/x`)
    expect(response.status).toBe(502)
    expect(await response.text()).toBe('{"message":"Internal server error"}')
    expect(response.headers.get('x-amzn-errortype')).toBe('InternalServerErrorException')
    expect(cloud.logged.map(({ message }) => message).join()).toContain('is not a proxy response')
  })

  it('is a 502 if the function throws, and a 500 if it is throttled', async () => {
    handler = () => {
      throw new TypeError('broken')
    }
    expect((await fetch(`${url}/x`)).status).toBe(502)
    handler = () => {
      throw THROTTLED
    }
    const throttled = await fetch(`${url}/x`)
    expect([throttled.status, await throttled.text()]).toEqual([500, '{"message":"Internal server error"}'])
  })
})

describe('routes', () => {
  it('prefer the literal part, then the parameter, then the greedy one', async () => {
    authorizer = () => policy('Allow', '*')
    const resourceOf = async (path: string): Promise<unknown> =>
      ((await (await fetch(url + path, { headers: TOKEN })).json()) as Event)['resource']
    expect(await resourceOf('/jobs/1')).toBe('/jobs/{id}')
    expect(await resourceOf('/jobs/1/log')).toBe('/{proxy+}')
    expect(await resourceOf('/jobs')).toBe('/{proxy+}')
    expect(await resourceOf('/')).toBe('/')
    expect(await resourceOf('')).toBe('/')
  })

  it('answer a preflight without any function', async () => {
    const response = await fetch(`${url}/jobs`, { method: 'OPTIONS' })
    expect([response.status, await response.text()]).toEqual([204, ''])
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('access-control-allow-methods')).toBe('GET,POST')
    expect(cloud.calls).toEqual([])
  })

  it('refuse an unknown path as missing authentication, and an unknown stage', async () => {
    const bare = await cloud.create('Bare', 'AWS::ApiGateway::RestApi', { Name: 'bare' })
    await cloud.create('BareStage', 'AWS::ApiGateway::Stage', {
      RestApiId: bare.ref,
      StageName: 'v1',
      DeploymentId: 'd',
    })
    const base = `${cloud.endpoint}/_aws/execute-api/${bare.ref}`
    const unknown = await fetch(`${base}/v1/nowhere`)
    expect([unknown.status, await unknown.text()]).toEqual([403, '{"message":"Missing Authentication Token"}'])
    const stage = await fetch(`${base}/v2/`)
    expect([stage.status, await stage.text()]).toEqual([403, '{"message":"Forbidden"}'])
    expect(cloud.billed()).toEqual({})
  })
})

describe('gateway responses', () => {
  it('fill their template, status and headers', async () => {
    await addGatewayResponse('Unauthorized', 'UNAUTHORIZED', {
      StatusCode: '418',
      ResponseParameters: {
        'gatewayresponse.header.Access-Control-Allow-Origin': "'*'",
        'gatewayresponse.header.X-Origin': 'method.request.header.Origin',
      },
      ResponseTemplates: {
        'application/json':
          '{"m":$context.error.messageString,"t":"$context.error.responseType","plain":"$context.error.message","id":"$context.requestId"}',
      },
    })
    const response = await fetch(`${url}/jobs/1`, { headers: { Origin: 'https://a.example' } })
    expect(response.status).toBe(418)
    expect(await response.json()).toEqual({
      m: 'Unauthorized',
      t: 'UNAUTHORIZED',
      plain: 'Unauthorized',
      id: response.headers.get('x-amzn-requestid'),
    })
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('x-origin')).toBe('https://a.example')
  })

  it('fall back to DEFAULT_4XX and DEFAULT_5XX, which keep the status unless they set one', async () => {
    await addGatewayResponse('Default4', 'DEFAULT_4XX', { ResponseTemplates: { 'application/json': '{"kind":"4xx"}' } })
    await addGatewayResponse('Default5', 'DEFAULT_5XX', { ResponseTemplates: { 'application/json': '{"kind":"5xx"}' } })
    const unauthorized = await fetch(`${url}/jobs/1`)
    expect([unauthorized.status, await unauthorized.json()]).toEqual([401, { kind: '4xx' }])
    handler = () => 'malformed'
    const failed = await fetch(`${url}/x`)
    expect([failed.status, await failed.json()]).toEqual([502, { kind: '5xx' }])
  })

  it('refuse at load variables that could not be filled in', async () => {
    const template = { 'application/json': '{"claim":"$context.authorizer.claims.sub","x":"$context.wafResponseCode"}' }
    await expect(addGatewayResponse('Bad', 'UNAUTHORIZED', { ResponseTemplates: template })).rejects.toThrow(
      'Bad (AWS::ApiGateway::GatewayResponse): ResponseTemplates uses $context.wafResponseCode',
    )
    const parameters = { 'gatewayresponse.header.X-Kind': 'method.request.body.kind' }
    await expect(addGatewayResponse('Bad', 'UNAUTHORIZED', { ResponseParameters: parameters })).rejects.toThrow(
      'ResponseParameters.gatewayresponse.header.X-Kind maps from method.request.body.kind',
    )
  })
})

describe('the template', () => {
  it('is refused with the name of a part that is not implemented', async () => {
    const method = { RestApiId: apiId, ResourceId: 'none', HttpMethod: 'GET', AuthorizationType: 'NONE' }
    const create = (type: string, properties: object) => cloud.create('X', type, { ...properties })
    await expect(create('AWS::ApiGateway::RestApi', { Name: 'x', Policy: {} })).rejects.toThrow('Policy')
    await expect(create('AWS::ApiGateway::Method', method)).rejects.toThrow('ResourceId names no resource')
    await expect(create('AWS::ApiGateway::Authorizer', { RestApiId: apiId, Type: 'TOKEN' })).rejects.toThrow('REQUEST')
    const stage = { RestApiId: apiId, StageName: 's', DeploymentId: 'd', MethodSettings: [{ CachingEnabled: true }] }
    await expect(create('AWS::ApiGateway::Stage', stage)).rejects.toThrow('MethodSettings.CachingEnabled')
  })
})
