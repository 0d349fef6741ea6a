import { request as httpRequest } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { deferred, invocationUri, policy, startApiCloud } from './execute-api-cloud.ts'
import type { ApiCloud, Behaviour } from './execute-api-cloud.ts'

let cloud: ApiCloud
let url: string
let authorizer: Behaviour
let handler: Behaviour

beforeEach(async () => {
  authorizer = (event) => policy('Allow', event['methodArn'] as string)
  handler = () => ({ statusCode: 200, body: 'ok' })
  cloud = await startApiCloud({ authorizer: (event) => authorizer(event), rest: (event) => handler(event) })
  const api = await cloud.create('Api', 'AWS::ApiGateway::RestApi', { Name: 'shop' })
  const guard = await cloud.create('Guard', 'AWS::ApiGateway::Authorizer', {
    RestApiId: api.ref,
    Type: 'REQUEST',
    AuthorizerUri: invocationUri('authorizer'),
    IdentitySource: 'method.request.header.Authorization',
  })
  const rest = await cloud.create('Rest', 'AWS::ApiGateway::Resource', {
    RestApiId: api.ref,
    ParentId: api.attributes['RootResourceId'],
    PathPart: '{proxy+}',
  })
  const method = { RestApiId: api.ref, ResourceId: rest.ref }
  const integration = { Type: 'AWS_PROXY', IntegrationHttpMethod: 'POST', Uri: invocationUri('rest') }
  const guarded = { ...method, AuthorizationType: 'CUSTOM', AuthorizerId: guard.ref }
  await cloud.create('Get', 'AWS::ApiGateway::Method', { ...guarded, HttpMethod: 'GET', Integration: integration })
  const open = { ...method, AuthorizationType: 'NONE', HttpMethod: 'POST' }
  await cloud.create('Post', 'AWS::ApiGateway::Method', { ...open, Integration: integration })
  for (const name of ['v1', 'slow']) {
    const limits = { HttpMethod: '*', ResourcePath: '/*', ThrottlingRateLimit: 1, ThrottlingBurstLimit: 2 }
    await cloud.create(`Stage${name}`, 'AWS::ApiGateway::Stage', {
      RestApiId: api.ref,
      StageName: name,
      DeploymentId: 'd',
      ...(name === 'slow' ? { MethodSettings: [limits] } : {}),
    })
  }
  url = `${cloud.endpoint}/_aws/execute-api/${api.ref}/v1`
})

afterEach(() => cloud.close())

async function get(path: string, token = 't'): Promise<[status: number, body: string]> {
  const response = await fetch(url + path, { headers: token === '' ? {} : { authorization: token } })
  return [response.status, await response.text()]
}

describe('the authorizer', () => {
  it('is not asked without an identity', async () => {
    expect(await get('/a', '')).toEqual([401, '{"message":"Unauthorized"}'])
    expect(cloud.calls).toEqual([])
    expect(cloud.billed()).toEqual({})
  })

  it('gets the request with the method ARN and empty maps', async () => {
    await get('/a/b')
    const [event] = cloud.eventsOf('authorizer')
    expect(event).toMatchObject({
      type: 'REQUEST',
      resource: '/{proxy+}',
      path: '/a/b',
      httpMethod: 'GET',
      pathParameters: { proxy: 'a/b' },
      queryStringParameters: {},
      stageVariables: {},
    })
    expect(event!['methodArn']).toMatch(/^arn:aws:execute-api:us-east-1:000000000000:[a-z0-9]{10}\/v1\/GET\/a\/b$/)
    expect(event).not.toHaveProperty('body')
  })

  it('decides: Unauthorized is 401, a deny 403, anything else 500', async () => {
    const outcomes: [Behaviour, [number, string]][] = [
      [() => Promise.reject(new Error('Unauthorized')), [401, '{"message":"Unauthorized"}']],
      [
        () => policy('Deny', '*'),
        [
          403,
          '{"message":"User is not authorized to access this resource with an explicit deny in an identity-based policy"}',
        ],
      ],
      [
        () => policy('Allow', 'arn:aws:execute-api:*:*:*/v1/POST/*'),
        [403, '{"message":"User is not authorized to access this resource"}'],
      ],
      [() => Promise.reject(new Error('no secret')), [500, '{"message":null}']],
      [() => ({ policyDocument: {} }), [500, '{"message":null}']],
      [() => policy('Allow', '*', { nested: {} }), [500, '{"message":null}']],
      [() => policy('Allow', '*', { big: 'x'.repeat(8_192) }), [500, '{"message":null}']],
    ]
    for (const [index, [behaviour, expected]] of outcomes.entries()) {
      authorizer = behaviour
      expect(await get('/a', `token-${index}`)).toEqual(expected)
    }
    expect(cloud.eventsOf('rest')).toEqual([])
  })

  it('is remembered by identity for its TTL, and its policy evaluated for each method', async () => {
    authorizer = () => policy('Allow', 'arn:aws:execute-api:*:*:*/v1/GET/a*')
    expect(await get('/a')).toEqual([200, 'ok'])
    expect((await get('/b'))[0]).toBe(403)
    expect(cloud.eventsOf('authorizer')).toHaveLength(1)
    expect((await get('/a', 'other'))[0]).toBe(200)
    expect(cloud.eventsOf('authorizer')).toHaveLength(2)
    await cloud.clock.advance(299_999)
    await get('/a')
    expect(cloud.eventsOf('authorizer')).toHaveLength(2)
    await cloud.clock.advance(1)
    await get('/a')
    expect(cloud.eventsOf('authorizer')).toHaveLength(3)
  })
})

describe('limits', () => {
  it('end an integration after 29 seconds', async () => {
    const invoked = deferred()
    handler = () => {
      invoked.resolve()
      return new Promise(() => {})
    }
    const answer = get('/slow')
    await invoked.promise
    await cloud.clock.advance(28_999)
    await expect(Promise.race([answer, Promise.resolve('waiting')])).resolves.toBe('waiting')
    await cloud.clock.advance(1)
    expect(await answer).toEqual([504, '{"message":"Endpoint request timed out"}'])
  })

  it('refuse a body over 10 MB by its announced length', async () => {
    const response = await fetch(`${url}/a`, { method: 'POST', body: Buffer.alloc(10 * 1024 * 1024 + 1) })
    expect(response.status).toBe(413)
    expect(await response.json()).toEqual({ message: 'HTTP content length exceeded 10485760 bytes.' })
    expect(response.headers.get('x-amzn-errortype')).toBe('RequestEntityTooLargeException')
    expect(cloud.calls).toEqual([])
  })

  it('refuse a body over 10 MB that comes in chunks of unknown number', async () => {
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(`${url}/a`, { method: 'POST' }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      request.on('error', reject)
      for (let chunk = 0; chunk < 11; chunk++) request.write(Buffer.alloc(1024 * 1024))
      request.end()
    })
    expect(status).toBe(413)
    expect(cloud.calls).toEqual([])
  })

  it('refuse a body that makes the event larger than 6 MB, and take one just below', async () => {
    const post = (bytes: number) => fetch(`${url}/a`, { method: 'POST', body: 'x'.repeat(bytes) })
    const tooLarge = await post(6 * 1024 * 1024)
    expect([tooLarge.status, await tooLarge.json()]).toEqual([413, { message: 'Request Too Long' }])
    expect((await post(6 * 1024 * 1024 - 4_096)).status).toBe(200)
    expect(cloud.eventsOf('rest')).toHaveLength(1)
  })

  it("throttle a stage by its method settings, on the cloud's clock", async () => {
    const post = async () => (await fetch(`${url.replace(/v1$/, 'slow')}/a`, { method: 'POST' })).status
    expect([await post(), await post(), await post()]).toEqual([200, 200, 429])
    await cloud.clock.advance(1_000)
    expect([await post(), await post()]).toEqual([200, 429])
  })
})
