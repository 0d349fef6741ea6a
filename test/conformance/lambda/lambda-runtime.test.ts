import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openLambdaCloud } from './lambda-cloud.ts'
import type { LambdaCloud } from './lambda-cloud.ts'

describe('a function', () => {
  let cloud: LambdaCloud
  beforeAll(() => {
    cloud = openLambdaCloud()
  })
  afterAll(() => cloud.close())

  it('has its own environment: the variables of AWS and of the template, none of the host', async () => {
    process.env['SECRET_OF_THE_HOST'] = 'leaked'
    const reads = await cloud.define('Reads', 'exports.handler = async () => process.env', {
      Environment: { Variables: { TABLE: 'results' } },
      MemorySize: 256,
    })
    const { value } = await cloud.run(reads)
    delete process.env['SECRET_OF_THE_HOST']
    expect(value).toMatchObject({
      TABLE: 'results',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'key-of-Reads',
      AWS_SECRET_ACCESS_KEY: 'secret-of-arn:aws:iam::000000000000:role/Reads',
      AWS_SESSION_TOKEN: 'token',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_NAME: 'Reads',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/Reads',
      LAMBDA_TASK_ROOT: `${cloud.folder}/Reads`,
      _HANDLER: 'index.handler',
      TZ: ':UTC',
    })
    expect(value).not.toHaveProperty('SECRET_OF_THE_HOST')
    expect(value).not.toHaveProperty('HOME')
  })

  it('does not see the variables that another function sets', async () => {
    const source = `exports.handler = async () => { const seen = globalThis.mark ?? process.env.MARK; globalThis.mark = process.env.MARK = 'set'; return seen ?? null }`
    const [one, other] = [await cloud.define('One', source), await cloud.define('Other', source)]
    await cloud.run(one)
    expect((await cloud.run(one)).value).toBe('set')
    expect((await cloud.run(other)).value).toBeNull()
  })

  it('gets the context object of Node.js 24', async () => {
    const source = `
      exports.handler = async (event, context) => ({
        ...context, remaining: context.getRemainingTimeInMillis(), keys: Object.keys(context).sort() })`
    const asks = await cloud.define('Asks', source, { Timeout: 10, MemorySize: 512 })
    const { value, requestId } = await cloud.run(asks)
    expect(value).toMatchObject({
      functionName: 'Asks',
      functionVersion: '$LATEST',
      memoryLimitInMB: '512',
      awsRequestId: requestId,
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:Asks',
      logGroupName: '/aws/lambda/Asks',
    })
    expect(value.logStreamName).toMatch(/^2026\/01\/01\/\[\$LATEST\][0-9a-f]{32}$/)
    expect(value.remaining).toBeGreaterThan(9_000)
    expect(value.remaining).toBeLessThanOrEqual(10_000)
    expect(value.keys).not.toContain('succeed')
  })

  it.each([
    ['index.mjs', { 'index.mjs': `export const handler = async () => import.meta.url` }],
    ['index.cjs', { 'index.cjs': `exports.handler = async () => __filename` }],
    [
      'index.js, its package.json of type module',
      {
        'package.json': '{"type":"module"}',
        'index.js': `export const handler = async () => import.meta.url`,
      },
    ],
    [
      'index.js with no package.json and ESM inside',
      { 'index.js': `export const handler = async () => import.meta.url` },
    ],
  ])('loads %s', async (what, files: Record<string, string>) => {
    const name = `Loads-${what.replaceAll(' ', '-')}`
    const loads = await cloud.defineFiles(name, files)
    expect((await cloud.run(loads)).value).toMatch(/\/index\.\w+$/)
  })

  it('loads CommonJS from beneath a project whose package.json says module', async () => {
    const { writeFileSync } = await import('node:fs')
    writeFileSync(`${cloud.folder}/package.json`, '{"type":"module"}')
    const loads = await cloud.defineFiles('CommonJs', {
      'index.js': `exports.handler = async () => require('./part').answer`,
      'part.js': 'exports.answer = 42',
    })
    expect((await cloud.run(loads)).value).toBe(42)
  })

  it('finds handlers in folders and in nested exports', async () => {
    const source = `exports.api = { v1: { handle: async () => 'found' } }`
    const { mkdirSync } = await import('node:fs')
    mkdirSync(`${cloud.folder}/Nested/src`, { recursive: true })
    const nested = await cloud.defineFiles('Nested', { 'src/main.js': source }, { Handler: 'src/main.api.v1.handle' })
    expect((await cloud.run(nested)).value).toBe('found')
  })

  it('returns null for undefined, and takes any JSON', async () => {
    const echo = await cloud.define(
      'Echo',
      `exports.handler = async (event) => event === 'nothing' ? undefined : event`,
    )
    expect((await cloud.run(echo, 'nothing')).value).toBeNull()
    expect((await cloud.run(echo, { 'ä€😀': [1, null, '\u2028'] })).value).toEqual({ 'ä€😀': [1, null, '\u2028'] })
  })
})

describe('the output of a function', () => {
  let cloud: LambdaCloud
  beforeAll(() => {
    cloud = openLambdaCloud()
  })
  afterAll(() => cloud.close())

  const PRINTS = `
    console.log('loaded')
    exports.handler = async () => {
      console.log('hello %s', 'there', { a: 1 })
      console.debug('detail')
      console.error(new TypeError('broken'))
      process.stdout.write('raw\\n')
      process.stderr.write('raw error\\n')
    }`

  it('is logged as text with its time, request id and level', async () => {
    const prints = await cloud.define('Text', PRINTS)
    const { requestId } = await cloud.run(prints)
    const lines = cloud.logs.filter(({ source }) => source === 'Text')
    const withoutTime = lines.map(({ level, message }) => [level, message.replace(/^2\S+Z\t/, '')])
    expect(withoutTime).toEqual(
      expect.arrayContaining([
        ['info', '-\tINFO\tloaded'],
        ['debug', `START RequestId: ${requestId} Version: $LATEST`],
        ['info', `${requestId}\tINFO\thello there { a: 1 }`],
        ['debug', `${requestId}\tDEBUG\tdetail`],
        ['error', expect.stringContaining(`${requestId}\tERROR\tTypeError: broken\n    at`)],
        ['info', 'raw'],
        ['error', 'raw error'],
        ['debug', `END RequestId: ${requestId}`],
        [
          'debug',
          expect.stringMatching(
            new RegExp(
              `^REPORT RequestId: ${requestId}\tDuration: .* ms\tBilled Duration: \\d+ ms\tMemory Size: 128 MB\tInit`,
            ),
          ),
        ],
      ]),
    )
  })

  it('is logged as JSON if the template says so, from its level up', async () => {
    const logging = { LogFormat: 'JSON', ApplicationLogLevel: 'INFO', LogGroup: 'its-own' }
    const prints = await cloud.define('Json', PRINTS, { LoggingConfig: logging })
    const { requestId } = await cloud.run(prints)
    const lines = cloud.logs.filter(({ source, message }) => source === 'Json' && message.startsWith('{'))
    expect(lines.map(({ message }) => JSON.parse(message))).toEqual([
      { timestamp: expect.any(String), level: 'INFO', requestId: '-', message: 'loaded' },
      { timestamp: expect.any(String), level: 'INFO', requestId, message: 'hello there { a: 1 }' },
      {
        timestamp: expect.any(String),
        level: 'ERROR',
        requestId,
        message: { errorType: 'TypeError', errorMessage: 'broken', stackTrace: expect.any(Array) },
      },
    ])
  })

  it('is billed by the millisecond, initialisation included, times memory', async () => {
    const source = `
      const start = performance.now(); while (performance.now() < start + 30);
      exports.handler = async () => { const start = performance.now(); while (performance.now() < start + 20); }`
    const works = await cloud.define('Works', source, { MemorySize: 1024 })
    const seconds = () =>
      cloud.meter.lines().find(({ unit, by }) => unit === 'lambdaGbSecond' && by === 'Works')!.quantity
    await cloud.run(works)
    const cold = seconds()
    expect(cold).toBeGreaterThanOrEqual(0.05)
    expect(Math.round(cold * 1000)).toBeCloseTo(cold * 1000, 6)
    await cloud.run(works)
    expect(seconds() - cold).toBeGreaterThanOrEqual(0.02)
  })
})
