import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AwsError } from '../../../local/wire/call.ts'
import type { AwsAnswer, AwsCall } from '../../../local/wire/call.ts'
import { openLambdaCloud } from './lambda-cloud.ts'
import type { LambdaCloud } from './lambda-cloud.ts'

describe('Lambda, the service', () => {
  let cloud: LambdaCloud
  beforeAll(() => {
    cloud = openLambdaCloud()
  })
  afterAll(() => cloud.close())

  const ECHO = 'exports.handler = async (event) => { if (event.fail) throw new Error("failed"); return event }'

  /** Makes a call as the server makes it from an SDK's request. */
  function createCall(method: string, path: string, body = '', headers: Record<string, string> = {}): AwsCall {
    const query = new URLSearchParams()
    const operation = cloud.lambda.api!.match({ method, path, query, headers })
    if (operation === undefined) throw new Error(`Lambda does not take ${method} ${path}.`)
    return {
      service: 'lambda',
      operation,
      principal: { kind: 'owner', name: 'client' },
      method,
      path,
      query,
      headers,
      body: Buffer.from(body),
      input: () => JSON.parse(body) as Record<string, unknown>,
    }
  }

  const send = (...request: Parameters<typeof createCall>): Promise<AwsAnswer> =>
    cloud.lambda.api!.handle(createCall(...request))
  const invocations = (name: string) => `/2015-03-31/functions/${encodeURIComponent(name)}/invocations`

  it('takes Invoke by name and by ARN', async () => {
    const arn = await cloud.define('Echo', ECHO)
    for (const name of ['Echo', arn, `${arn}:$LATEST`]) {
      const answer = await send('POST', invocations(name), '{"a":1}')
      expect(answer).toMatchObject({ status: 200, body: '{"a":1}', headers: { 'x-amz-executed-version': '$LATEST' } })
      expect(answer.headers).not.toHaveProperty('x-amz-function-error')
    }
    const failed = await send('POST', invocations('Echo'), '{"fail":true}')
    expect(failed).toMatchObject({ status: 200, headers: { 'x-amz-function-error': 'Unhandled' } })
  })

  it('returns from DryRun and Event at once, and repeats a failed event after one and two minutes', async () => {
    await cloud.define('Events', ECHO)
    const dry = await send('POST', invocations('Events'), '{}', { 'x-amz-invocation-type': 'DryRun' })
    expect(dry.status).toBe(204)
    const event = await send('POST', invocations('Events'), '{"fail":true}', { 'x-amz-invocation-type': 'Event' })
    expect(event.status).toBe(202)
    const id = event.headers!['x-amzn-requestid']
    const failures = () => cloud.logs.filter(({ message }) => message.includes(`${id}\tERROR\tInvoke Error`)).length
    for (const [delayMs, count] of [
      [60_000, 1],
      [120_000, 2],
    ] as const) {
      while (failures() < count) await new Promise((resolve) => setImmediate(resolve))
      await cloud.clock.advance(delayMs - 1)
      expect(failures()).toBe(count)
      await cloud.clock.advance(1)
    }
    expect(await cloud.logged('failed for the last time')).toMatchObject({ source: 'Events', level: 'error' })
    expect(failures()).toBe(3)
  })

  it('names its errors as AWS does', async () => {
    await cloud.define('Errors', ECHO, { ReservedConcurrentExecutions: 0 })
    await expect(send('POST', invocations('Nobody'), '{}')).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
      status: 404,
      message: 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:Nobody',
    })
    await expect(send('POST', invocations('Errors'), '{')).rejects.toMatchObject({
      code: 'InvalidRequestContentException',
    })
    await expect(send('POST', invocations('Errors'), '{}')).rejects.toMatchObject({
      code: 'TooManyRequestsException',
      status: 429,
      details: { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' },
    })
    const large = JSON.stringify('x'.repeat(6 * 1024 * 1024))
    await expect(send('POST', invocations('Errors'), large)).rejects.toMatchObject({ status: 413 })
    await expect(send('POST', invocations('Errors'), '{}', { 'x-amz-log-type': 'Head' })).rejects.toThrow(
      'LogType must be None or Tail',
    )
    await expect(send('POST', '/2015-03-31/functions/50%/invocations', '{}')).rejects.toMatchObject({
      code: 'ValidationException',
      status: 400,
    })
    const rendered = cloud.lambda.api!.renderError(new AwsError('ResourceNotFoundException', 'gone', 404))
    expect(rendered).toMatchObject({ status: 404, headers: { 'x-amzn-errortype': 'ResourceNotFoundException' } })
  })

  it('asks for the permission to invoke that function', async () => {
    const arn = await cloud.define('Guarded', ECHO)
    const call = createCall('POST', invocations('Guarded'), '{}')
    expect(cloud.lambda.api!.authorizations(call)).toEqual([{ action: 'lambda:InvokeFunction', resourceArn: arn }])
  })

  it('describes functions', async () => {
    await cloud.define('Described', ECHO, { MemorySize: 256, Timeout: 7, Architectures: ['arm64'] })
    const one = JSON.parse(String((await send('GET', '/2015-03-31/functions/Described')).body))
    expect(one.Configuration).toMatchObject({
      FunctionName: 'Described',
      MemorySize: 256,
      Timeout: 7,
      Architectures: ['arm64'],
    })
    const all = JSON.parse(String((await send('GET', '/2015-03-31/functions/')).body))
    expect(all.Functions).toContainEqual(one.Configuration)
    const configuration = await send('GET', '/2015-03-31/functions/Described/configuration')
    expect(JSON.parse(String(configuration.body))).toEqual(one.Configuration)
  })

  it.each([
    ['a property', { TenancyConfig: {} }, 'does not implement the property TenancyConfig'],
    ['a setting of logs', { LoggingConfig: { Sampling: 1 } }, 'does not implement LoggingConfig.Sampling'],
    ['code that is nowhere', { Code: { ImageUri: 'x' } }, 'does not implement Code.ImageUri'],
    ['a timeout', { Timeout: 901 }, 'Timeout must be a whole number from 1 to 900'],
    ['too little memory', { MemorySize: 64 }, 'MemorySize must be a whole number from 128 to 10240'],
    ['a reserved variable', { Environment: { Variables: { AWS_REGION: 'x' } } }, 'AWS_REGION is reserved'],
    ['too many variables', { Environment: { Variables: { BIG: 'x'.repeat(4096) } } }, 'exceed the 4 KB'],
  ])('refuses %s by name', async (_what, properties, message) => {
    await expect(cloud.define('Refused', ECHO, properties)).rejects.toThrow(message)
  })

  it('runs code that stands in the template', async () => {
    const arn = await cloud.define('Inline', '', { Code: { ZipFile: 'exports.handler = async () => "inline"' } })
    expect((await cloud.run(arn)).value).toBe('inline')
  })

  it('takes a function that it cannot run for a stand-in, which fails by name when it is invoked', async () => {
    const make = async (name: string, properties: object) =>
      cloud.lambda.resources['AWS::Lambda::Function']!({
        logicalId: name,
        type: 'AWS::Lambda::Function',
        properties: { Role: 'arn:aws:iam::000000000000:role/x', ...properties },
      })
    const python = await make('Snake', { Runtime: 'python3.13', Handler: 'index.main', Code: { ZipFile: 'x' } })
    expect(python.standIn?.reason).toBe('it runs on python3.13, and the local cloud runs Node.js only')
    await expect(cloud.run(python.attributes['Arn']!)).rejects.toThrow('Snake is a stand-in and cannot be invoked')
    const image = await make('Boxed', { PackageType: 'Image', Code: { ImageUri: 'registry/image' } })
    expect(image.standIn?.reason).toMatch(/container image/)
  })

  it('finds a function by the ARN of its version and its alias', async () => {
    const arn = await cloud.define('Known', ECHO)
    const make = (type: string, properties: object) =>
      cloud.lambda.resources[type]!({ logicalId: 'X', type, properties: { FunctionName: arn, ...properties } })
    const version = await make('AWS::Lambda::Version', {})
    const alias = await make('AWS::Lambda::Alias', { Name: 'live', FunctionVersion: '1' })
    expect([version.ref, alias.ref]).toEqual([`${arn}:1`, `${arn}:live`])
    expect((await cloud.run(alias.ref, 'hello')).value).toBe('hello')
    await expect(cloud.run(`${arn}:other`)).rejects.toThrow('Function not found')
  })

  it('loads packages from the layers of a function', async () => {
    mkdirSync(join(cloud.folder, 'layer-key/nodejs/node_modules/shared'), { recursive: true })
    writeFileSync(join(cloud.folder, 'layer-key/nodejs/node_modules/shared/index.js'), "module.exports = 'of a layer'")
    const { ref } = await cloud.lambda.resources['AWS::Lambda::LayerVersion']!({
      logicalId: 'Layer',
      type: 'AWS::Lambda::LayerVersion',
      properties: { Content: { S3Bucket: 'assets', S3Key: 'layer-key' } },
    })
    const arn = await cloud.define('Layered', "exports.handler = async () => require('shared')", { Layers: [ref] })
    expect((await cloud.run(arn)).value).toBe('of a layer')
  })

  it('knows which services may invoke a function', async () => {
    const arn = await cloud.define('Granted', ECHO)
    const api = 'arn:aws:execute-api:us-east-1:000000000000:abc123'
    const allowed = (principal: string, source: string) => cloud.lambda.mayBeInvokedBy(arn, principal, source)
    expect(allowed('apigateway.amazonaws.com', `${api}/v1/GET/jobs`)).toBe(false)
    await cloud.lambda.resources['AWS::Lambda::Permission']!({
      logicalId: 'Grant',
      type: 'AWS::Lambda::Permission',
      properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: arn,
        Principal: 'apigateway.amazonaws.com',
        SourceArn: `${api}/v1/*/jobs`,
      },
    })
    expect(allowed('apigateway.amazonaws.com', `${api}/v1/GET/jobs`)).toBe(true)
    expect(allowed('apigateway.amazonaws.com', `${api}/v2/GET/jobs`)).toBe(false)
    expect(allowed('sns.amazonaws.com', `${api}/v1/GET/jobs`)).toBe(false)
  })
})
