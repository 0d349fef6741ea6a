import { get } from 'node:http'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { connect, invocationUri, policy, startApiCloud } from './execute-api-cloud.ts'
import type { ApiCloud, Event } from './execute-api-cloud.ts'
import { startSocketCloud } from './websocket-api-cloud.ts'
import type { SocketCloud } from './websocket-api-cloud.ts'

/** Every name that an object of JavaScript inherits. */
const NAMES = Object.getOwnPropertyNames(Object.prototype)

let rest: ApiCloud
let restUrl: string
let socket: SocketCloud

beforeAll(async () => {
  rest = await startApiCloud({ rest: (event) => ({ statusCode: 200, body: JSON.stringify(event) }) })
  const { ref: RestApiId, attributes } = await rest.create('Api', 'AWS::ApiGateway::RestApi', {})
  await rest.create('Any', 'AWS::ApiGateway::Method', {
    RestApiId,
    ResourceId: attributes['RootResourceId'],
    HttpMethod: 'ANY',
    AuthorizationType: 'NONE',
    Integration: { Type: 'AWS_PROXY', IntegrationHttpMethod: 'POST', Uri: invocationUri('rest') },
  })
  // The variable is not set, and must not be found on the prototype.
  await rest.create('Missing', 'AWS::ApiGateway::GatewayResponse', {
    RestApiId,
    ResponseType: 'MISSING_AUTHENTICATION_TOKEN',
    ResponseTemplates: { 'application/json': '{"text":"$stageVariables.toString"}' },
  })
  const { ref: DeploymentId } = await rest.create('Deployment', 'AWS::ApiGateway::Deployment', { RestApiId })
  await rest.create('Stage', 'AWS::ApiGateway::Stage', { RestApiId, StageName: 'v1', DeploymentId })
  restUrl = `${rest.endpoint}/_aws/execute-api/${RestApiId}/v1`
  socket = await startSocketCloud({
    authorizer: (event) => policy('Allow', event['methodArn'] as string),
    socket: () => ({ statusCode: 200 }),
  })
})

afterAll(async () => {
  await rest.close()
  await socket.close()
})

const own = (values: Record<string, unknown>, name: string): unknown =>
  Object.entries(values).find(([key]) => key === name)?.[1]

/** `fetch` cannot send a header named `__proto__`. */
function getWithHeader(url: string, name: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers: ['Host', new URL(url).host, name, 'x'] }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode!, body }))
    })
    request.on('error', reject)
  })
}

it.each(NAMES)('%s is a parameter and a header of a request like any other', async (name) => {
  const { status, body } = await getWithHeader(`${restUrl}/?${name}=1&${name}=2`, name)
  expect(status).toBe(200)
  const event = JSON.parse(body) as Event
  expect(own(event['queryStringParameters'], name)).toBe('2')
  expect(own(event['multiValueQueryStringParameters'], name)).toEqual(['1', '2'])
  expect(own(event['multiValueHeaders'], name)).toEqual(['x'])
})

it.each(NAMES)('%s is a parameter and a header of a handshake like any other', async (name) => {
  const headers = Object.fromEntries([[name, 'x']])
  const client = await connect(`${socket.url}?token=t&${name}=1`, { headers })
  const event = socket.eventsOf('socket').at(-1)!
  expect(own(event['queryStringParameters'], name)).toBe('1')
  expect(own(event['headers'], name)).toBe('x')
  client.socket.close()
  await client.closed
})

it('a variable that is not set is empty, whatever its name', async () => {
  expect(await (await fetch(`${restUrl}/nowhere`)).json()).toEqual({ text: '' })
})
