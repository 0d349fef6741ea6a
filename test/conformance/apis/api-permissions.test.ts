import { afterEach, describe, expect, it } from '@jest/globals'
import type { LogEntry } from '../../../local/context.ts'
import { connect, HandshakeError, invocationUri, policy, startApiCloud } from './execute-api-cloud.ts'
import type { ApiCloud } from './execute-api-cloud.ts'
import { lambdaFunction, role, writeAssembly } from '../cloud/hand-made-assembly.ts'
import { startAssembly } from '../cloud/start-assembly.ts'
import { startSocketCloud } from './websocket-api-cloud.ts'
import type { SocketCloud } from './websocket-api-cloud.ts'

const ARN = 'arn:aws:execute-api:us-east-1:000000000000'

let cloud: ApiCloud | undefined
afterEach(async () => {
  await cloud?.close()
  cloud = undefined
})

/** Makes a REST API with one method, `GET /`, behind an authorizer. Returns its address and its id. */
async function startRest(authorizerProperties: object = {}): Promise<{ cloud: ApiCloud; url: string; apiId: string }> {
  const behaviours = { guard: () => policy('Allow', '*'), rest: () => ({ statusCode: 200, body: 'hello' }) }
  const started = await startApiCloud(behaviours)
  cloud = started
  const api = await started.create('Api', 'AWS::ApiGateway::RestApi', { Name: 'shop' })
  const RestApiId = api.ref
  const guard = await started.create('Guard', 'AWS::ApiGateway::Authorizer', {
    RestApiId,
    Type: 'REQUEST',
    AuthorizerUri: invocationUri('guard'),
    AuthorizerResultTtlInSeconds: 0,
    ...authorizerProperties,
  })
  await started.create('Get', 'AWS::ApiGateway::Method', {
    RestApiId,
    ResourceId: api.attributes['RootResourceId'],
    HttpMethod: 'GET',
    AuthorizationType: 'CUSTOM',
    AuthorizerId: guard.ref,
    Integration: { Type: 'AWS_PROXY', IntegrationHttpMethod: 'POST', Uri: invocationUri('rest') },
  })
  await started.create('Stage', 'AWS::ApiGateway::Stage', { RestApiId, StageName: 'v1', DeploymentId: 'd' })
  return { cloud: started, url: `${started.endpoint}/_aws/execute-api/${RestApiId}/v1`, apiId: RestApiId }
}

const errors = (logged: readonly LogEntry[]): string[] =>
  logged.filter(({ level }) => level === 'error').map(({ message }) => message)

describe('a function that API Gateway may not invoke', () => {
  it('is a 500 of a REST API, and the log names the missing permission', async () => {
    const { cloud: rest, url, apiId } = await startRest()
    rest.forbidden.add('rest')
    const response = await fetch(url)
    expect(response.status).toBe(500)
    expect(response.headers.get('x-amzn-errortype')).toBe('InternalServerErrorException')
    expect(await response.json()).toEqual({ message: 'Internal server error' })
    expect(rest.eventsOf('rest')).toEqual([])
    expect(errors(rest.logged)).toEqual([
      'GET /: API Gateway may not invoke the function: no AWS::Lambda::Permission of ' +
        'arn:aws:lambda:us-east-1:000000000000:function:rest lets apigateway.amazonaws.com invoke it for ' +
        `${ARN}:${apiId}/v1/GET/`,
    ])
  })

  it('is a 500 if it is an authorizer', async () => {
    const { cloud: rest, url, apiId } = await startRest()
    rest.forbidden.add('guard')
    const response = await fetch(url)
    expect(response.status).toBe(500)
    expect(response.headers.get('x-amzn-errortype')).toBe('AuthorizerConfigurationException')
    expect(rest.calls).toEqual([])
    expect(errors(rest.logged)).toEqual([
      expect.stringMatching(`invoke it for ${ARN}:${apiId}/authorizers/[a-z0-9]{6}$`),
    ])
  })

  it('is invoked with the role of the authorizer, if that role may', async () => {
    const allowed = await startRest({ AuthorizerCredentials: 'arn:aws:iam::000000000000:role/AuthorizerInvoker' })
    allowed.cloud.forbidden.add('guard')
    expect((await fetch(allowed.url)).status).toBe(200)
    await allowed.cloud.close()

    const untrusted = await startRest({ AuthorizerCredentials: 'arn:aws:iam::000000000000:role/Nobody' })
    expect((await fetch(untrusted.url)).status).toBe(500)
    expect(errors(untrusted.cloud.logged)).toEqual([expect.stringMatching(/role\/Nobody does not trust apigateway/)])
    await untrusted.cloud.close()

    const { url, cloud: powerless } = await startRest({
      AuthorizerCredentials: 'arn:aws:iam::000000000000:role/Invoker',
    })
    expect((await fetch(url)).status).toBe(500)
    expect(errors(powerless.logged)).toEqual([expect.stringMatching(/role\/Invoker allows lambda:InvokeFunction on/)])
  })

  it('keeps a socket from opening, or a message from being answered', async () => {
    const sockets: SocketCloud = await startSocketCloud({
      authorizer: () => policy('Allow', '*'),
      socket: () => ({ statusCode: 200 }),
    })
    cloud = sockets
    const { socket, next } = await connect(`${sockets.url}?token=t`)
    sockets.forbidden.add('socket')
    socket.send('{"type":"x"}')
    expect(JSON.parse(await next())).toMatchObject({ message: 'Internal server error' })
    const refusal: unknown = await connect(`${sockets.url}?token=t`).catch((reason: unknown) => reason)
    expect(refusal).toBeInstanceOf(HandshakeError)
    expect(refusal).toMatchObject({ status: 500 })
    expect(errors(sockets.logged)).toEqual([
      expect.stringMatching(`^\\$default: .* invoke it for ${ARN}:${sockets.apiId}/v1/\\$default$`),
      expect.stringMatching(`^\\$connect: .* invoke it for ${ARN}:${sockets.apiId}/v1/\\$connect$`),
    ])
  })
})

describe('the permissions of a template', () => {
  const method = (ResourceId: object): object => ({
    Type: 'AWS::ApiGateway::Method',
    Properties: {
      RestApiId: { Ref: 'Api' },
      ResourceId,
      HttpMethod: 'GET',
      AuthorizationType: 'NONE',
      Integration: {
        Type: 'AWS_PROXY',
        IntegrationHttpMethod: 'POST',
        Uri: {
          'Fn::Sub': 'arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Hello.Arn}/invocations',
        },
      },
    },
  })
  const resource = (PathPart: string): object => ({
    Type: 'AWS::ApiGateway::Resource',
    Properties: { RestApiId: { Ref: 'Api' }, ParentId: { 'Fn::GetAtt': ['Api', 'RootResourceId'] }, PathPart },
  })
  const TEMPLATE = {
    Resources: {
      Role: role(),
      Hello: lambdaFunction('Role', 'hello'),
      Api: { Type: 'AWS::ApiGateway::RestApi', Properties: { Name: 'shop' } },
      Open: resource('open'),
      Shut: resource('shut'),
      GetOpen: method({ Ref: 'Open' }),
      GetShut: method({ Ref: 'Shut' }),
      Permission: {
        Type: 'AWS::Lambda::Permission',
        Properties: {
          Action: 'lambda:InvokeFunction',
          FunctionName: { Ref: 'Hello' },
          Principal: 'apigateway.amazonaws.com',
          SourceArn: { 'Fn::Sub': 'arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/GET/open' },
        },
      },
      Deployment: { Type: 'AWS::ApiGateway::Deployment', Properties: { RestApiId: { Ref: 'Api' } } },
      Stage: {
        Type: 'AWS::ApiGateway::Stage',
        Properties: { RestApiId: { Ref: 'Api' }, StageName: 'v1', DeploymentId: { Ref: 'Deployment' } },
      },
    },
    Outputs: { Url: { Value: { 'Fn::Sub': 'https://${Api}.execute-api.${AWS::Region}.amazonaws.com/v1' } } },
  }

  it('decide for each method whether its function is invoked', async () => {
    const assembly = writeAssembly(TEMPLATE, { hello: 'exports.handler = async () => ({ statusCode: 200 })' })
    const logged: LogEntry[] = []
    const real = await startAssembly(assembly, { log: (entry) => logged.push(entry) })
    try {
      expect((await fetch(`${real.outputs['Url']}/open`)).status).toBe(200)
      expect((await fetch(`${real.outputs['Url']}/shut`)).status).toBe(500)
      expect(errors(logged)).toEqual([expect.stringContaining('/v1/GET/shut')])
    } finally {
      await real.close()
      assembly.remove()
    }
  })
})
