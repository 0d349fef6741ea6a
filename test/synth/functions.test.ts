import { describe, expect, it } from '@jest/globals'
import { referenced, synthesizeStack } from './synthesized-stack.ts'

const stack = synthesizeStack({ resultTtl: '2h', resultShards: 4, logRetentionDays: 90 })
const functions = Object.entries(stack.resources('AWS::Lambda::Function'))
const logGroups = stack.resources('AWS::Logs::LogGroup')

const REST = 'Answers the REST API'
const SOCKET = 'Answers the WebSocket API'
const WORKER = 'Runs the jobs of the lane "default"'
const DEAD_LETTERS = 'Records jobs that could not be run'
const AUTHORIZER = 'Checks the token'

describe('functions', () => {
  it('run on Node 24 and ARM, and write JSON logs to a group of their own that forgets', () => {
    expect(functions).toHaveLength(5)
    const groups = functions.map(([, { Properties }]) => {
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], Handler: 'index.handler' })
      expect(Properties['LoggingConfig']).toMatchObject({ LogFormat: 'JSON' })
      return referenced(Properties['LoggingConfig'].LogGroup)
    })
    expect(new Set(groups).size).toBe(functions.length)
    for (const group of groups) expect(logGroups[group]!.Properties['RetentionInDays']).toBe(90)
  })

  it('need no VPC, no tracing, no layer and no custom resource', () => {
    for (const [, { Properties }] of functions) {
      for (const absent of ['VpcConfig', 'TracingConfig', 'Layers']) expect(Properties[absent]).toBeUndefined()
    }
    const types = Object.values(stack.template.toJSON()['Resources'] as Record<string, { Type: string }>)
    expect(types.filter(({ Type }) => Type.startsWith('Custom::') || Type.includes('CustomResource'))).toEqual([])
  })

  it('are told where everything is', () => {
    const common = {
      RESULTS_TABLE: { Ref: expect.stringMatching(/Results/) },
      REGISTRY_TABLE: { Ref: expect.stringMatching(/Registry/) },
      RESULT_SHARDS: '4',
      SOCKET_ENDPOINT: { 'Fn::Join': expect.anything() },
    }
    for (const worker of [WORKER, DEAD_LETTERS]) {
      expect(stack.functionOf(worker).properties['Environment']).toEqual({ Variables: common })
    }
    for (const taker of [REST, SOCKET]) {
      expect(stack.functionOf(taker).properties['Environment']).toEqual({
        Variables: { ...common, RESULT_TTL_SECONDS: '7200', QUEUE_URLS: { 'Fn::Join': expect.anything() } },
      })
    }
    expect(stack.functionOf(AUTHORIZER).properties['Environment']).toEqual({
      Variables: { TOKEN_SECRET_ID: { Ref: expect.stringMatching(/Secret/) } },
    })
  })

  it('read queue addresses that are JSON once CloudFormation has put the addresses in', () => {
    const { Variables } = stack.functionOf(REST).properties['Environment']
    const [separator, parts] = Variables['QUEUE_URLS']['Fn::Join'] as [string, unknown[]]
    const text = parts.map((part) => (typeof part === 'string' ? part : `https://sqs/${referenced(part)}`))
    expect(JSON.parse(text.join(separator))).toEqual({
      default: {
        critical: expect.stringMatching(/^https:.*CriticalJobs/),
        high: expect.stringMatching(/^https:.*HighJobs/),
        normal: expect.stringMatching(/^https:.*NormalJobs/),
        low: expect.stringMatching(/^https:.*LowJobs/),
      },
    })
  })
})
