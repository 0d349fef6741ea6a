import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startOrdinaryApp, waitUntil, type RunningApp } from './running-app.ts'

let app: RunningApp
beforeAll(async () => {
  app = await startOrdinaryApp()
})
afterAll(() => app.close())

describe('an app with several stacks', () => {
  it('runs with its own queue, function and table', async () => {
    await app.send('from-the-queue')
    await waitUntil(() => app.has('from-the-queue'))
    expect(app.cloud.activity()).toMatchObject({ visible: 0 })
  })

  it('has its stacks by name, nested ones among them, with outputs and resources', () => {
    const { stacks, outputs } = app.cloud
    expect(Object.keys(stacks).filter((name) => !name.startsWith('Service-'))).toEqual(['Network', 'Data', 'Service'])
    const { resources } = stacks['Service']!
    const [logicalId, greeter] = Object.entries(resources).find(([id]) => id.startsWith('Greeter'))!
    expect(stacks['Service']!.outputs['TableName']).toBe(outputs['TableName'])
    expect(outputs['SocketUrl']).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/_aws\/execute-api\/\w+\/v1$/)
    expect(logicalId).toMatch(/^Greeter/)
    expect(greeter.ref).toEqual(expect.any(String))
    const nested = Object.entries(stacks).find(([name]) => name.startsWith('Service-Nested'))![1]
    expect(Object.values(nested.resources).map(({ type }) => type)).toContain('AWS::SQS::Queue')
    expect(nested.outputs).toMatchObject({ InnerOutput: outputs['TableName'] })
  })

  it('gives functions the values of parameters, secrets and other stacks', async () => {
    const { body } = await app.invoke(app.cloud.outputs['GreeterName']!)
    expect(body).toMatchObject({
      greeting: 'hello',
      env: {
        STAGE: 'dev',
        SETTING: 'on',
        UNKNOWN: 'dummy-value-for-/elsewhere',
        TABLE: app.cloud.outputs['TableName'],
        TOPIC: app.cloud.outputs['TopicArn'],
        VPC: expect.stringMatching(/^vpc-[0-9a-f]{17}$/),
        PASSWORD: expect.stringMatching(/^.{32}$/),
      },
    })
  })
})

describe('what a laptop does not need', () => {
  it('is a stand-in, listed with its stack', () => {
    const types = new Set(app.cloud.standIns.map(({ type }) => type))
    for (const type of [
      'AWS::SNS::Topic',
      'AWS::CloudWatch::Alarm',
      'AWS::EC2::VPC',
      'AWS::KMS::Key',
      'AWS::Events::Rule',
      'Custom::AWS',
      'AWS::SSM::Parameter::Value',
    ]) {
      expect(types).toContain(type)
    }
    const snake = app.cloud.standIns.find(({ logicalId }) => logicalId.startsWith('Snake'))
    expect(snake).toMatchObject({ stackName: 'Service', type: 'AWS::Lambda::Function', unknown: false })
    expect(snake?.reason).toMatch(/python3\.13/)
    expect(app.cloud.standIns.filter(({ unknown }) => unknown)).toEqual([])
  })

  const call = (service: string, headers: Record<string, string>, body: string): Promise<Response> =>
    fetch(app.cloud.endpoint, {
      method: 'POST',
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/${service}/aws4_request, Signature=x`,
        ...headers,
      },
      body,
    })
  const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

  it('refuses calls by the names of the service, the operation and the stand-in', async () => {
    const TopicArn = app.cloud.outputs['TopicArn']!
    const publish = await call('sns', FORM, new URLSearchParams({ Action: 'Publish', TopicArn }).toString())
    expect([publish.status, await publish.text()]).toEqual([
      400,
      expect.stringMatching(
        /<Code>UnknownOperationException<.*sns:Publish is not available locally: TopicBFC7AF6E of the stack Service \(AWS::SNS::Topic\) is a stand-in/,
      ),
    ])
    const put = await call('events', { 'x-amz-target': 'AWSEvents.PutEvents' }, '{"Entries":[]}')
    expect(await put.json()).toMatchObject({
      __type: 'UnknownOperationException',
      message: expect.stringMatching(/^events:PutEvents is not available locally: Nightly\w+ of the stack Service/),
    })
    const cbor = await call('monitoring', { 'smithy-protocol': 'rpc-v2-cbor' }, '')
    expect([cbor.status, cbor.headers.get('smithy-protocol')]).toEqual([400, 'rpc-v2-cbor'])
    const model = await call('bedrock', { 'content-type': 'application/json' }, '{}')
    expect(await model.json()).toMatchObject({ message: expect.stringMatching(/does not implement bedrock/) })
  })

  it('refuses to invoke a function of another language', async () => {
    const snake = app.cloud.standIns.find(({ logicalId }) => logicalId.startsWith('Snake'))!
    const { status, body } = await app.invoke(snake.ref)
    expect([status, body['message']]).toEqual([
      502,
      `The function ${snake.ref} is a stand-in and cannot be invoked: it runs on python3.13, and the local cloud runs ` +
        'Node.js only.',
    ])
  })

  it('does not keep the app from reading its own parameters', async () => {
    const target = { 'x-amz-target': 'AmazonSSM.GetParameter', 'content-type': 'application/x-amz-json-1.1' }
    const found = await call('ssm', target, '{"Name":"/app/setting"}')
    expect(await found.json()).toMatchObject({ Parameter: { Name: '/app/setting', Value: 'on', Type: 'String' } })
    const missing = await call('ssm', target, '{"Name":"/elsewhere"}')
    expect([missing.status, await missing.json()]).toMatchObject([400, { __type: 'ParameterNotFound' }])
  })
})
