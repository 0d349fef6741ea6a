import { describe, expect, it } from '@jest/globals'
import type { LogEntry } from '../../../local/context.ts'
import { connect } from '../apis/execute-api-cloud.ts'
import { lambdaFunction, role, writeAssembly } from './hand-made-assembly.ts'
import { startAssembly } from './start-assembly.ts'

const INVOCATION_URI = {
  'Fn::Sub': 'arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Socket.Arn}/invocations',
}

const route = (RouteKey: string): object => ({
  Type: 'AWS::ApiGatewayV2::Route',
  Properties: { ApiId: { Ref: 'Api' }, RouteKey, Target: { 'Fn::Sub': 'integrations/${Integration}' } },
})

const TEMPLATE = {
  Resources: {
    Role: role(),
    Socket: lambdaFunction('Role', 'socket'),
    Api: {
      Type: 'AWS::ApiGatewayV2::Api',
      Properties: { Name: 'chat', ProtocolType: 'WEBSOCKET', RouteSelectionExpression: '$request.body.type' },
    },
    Integration: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: { ApiId: { Ref: 'Api' }, IntegrationType: 'AWS_PROXY', IntegrationUri: INVOCATION_URI },
    },
    Default: route('$default'),
    Disconnect: route('$disconnect'),
    Permission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: { Ref: 'Socket' },
        Principal: 'apigateway.amazonaws.com',
      },
    },
    Stage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { ApiId: { Ref: 'Api' }, StageName: 'v1' } },
  },
  Outputs: { Url: { Value: { 'Fn::Sub': 'wss://${Api}.execute-api.${AWS::Region}.amazonaws.com/v1' } } },
}

/** Logs that it was reached, and never returns. */
const HANGING = `exports.handler = (event) => {
  console.log('reached by ' + event.requestContext.routeKey)
  return new Promise((resolve) => setTimeout(resolve, 600_000))
}`

describe('a cloud that closes', () => {
  it('cuts off the functions that run, and reports no error', async () => {
    const assembly = writeAssembly(TEMPLATE, { socket: HANGING })
    const logged: LogEntry[] = []
    const reached = new Map<string, () => void>()
    const log = (entry: LogEntry): void => {
      logged.push(entry)
      reached.get(/reached by (\S+)/.exec(entry.message)?.[1] ?? '')?.()
    }
    const arrival = (key: string): Promise<void> => new Promise((resolve) => reached.set(key, resolve))
    const cloud = await startAssembly(assembly, { log })
    const both = Promise.all([arrival('$default'), arrival('$disconnect')])
    const [talking, leaving] = await Promise.all([connect(cloud.outputs['Url']!), connect(cloud.outputs['Url']!)])
    talking.socket.send('{}')
    leaving.socket.close()
    await both
    await cloud.close()
    await talking.closed
    assembly.remove()
    expect(logged.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([])
    expect(logged.filter(({ message }) => message.includes('the local cloud closed before'))).toHaveLength(2)
  })
})
