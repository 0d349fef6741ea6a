import { describe, expect, it } from '@jest/globals'
import { referenced, synthesizeStack } from './synthesized-stack.ts'

const stack = synthesizeStack({ resultTtl: '2h', resultShards: 4, logRetentionDays: 90 })
const functions = Object.entries(stack.resources('AWS::Lambda::Function'))
const logGroups = stack.resources('AWS::Logs::LogGroup')

const REST = 'Answers the REST API'
const SOCKET = 'Answers the WebSocket API'
const WORKER = 'Runs the jobs of the lane "default"'
const DEAD_LETTERS = 'Records jobs that could not be run'
const SCHEDULED = 'Submits the jobs of schedules'
const WEBHOOKS = 'Delivers webhooks'
const AUTHORIZER = 'Checks the token'

describe('functions', () => {
  it('run on Node 24 and ARM, and write JSON logs to their own group, which expires', () => {
    expect(functions).toHaveLength(7)
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

  it('may send to the queue that they read if their messages wait for another attempt, and only then', () => {
    for (const [, { Properties }] of functions) {
      const description = String(Properties['Description'])
      const waits = description.startsWith(WORKER) || description === 'Delivers webhooks.'
      expect(Properties['RecursiveLoop']).toBe(waits ? 'Allow' : undefined)
    }
  })

  it('get the names and addresses of everything that they use', () => {
    const common = {
      RESULTS_TABLE: { Ref: expect.stringMatching(/Results/) },
      REGISTRY_TABLE: { Ref: expect.stringMatching(/Registry/) },
      RESULT_SHARDS: '4',
      JOB_LOG: 'failures',
      SOCKET_ENDPOINT: { 'Fn::Join': expect.anything() },
    }
    const webhooks = { WEBHOOK_QUEUE_URL: { Ref: expect.stringMatching(/WebhooksQueue/) } }
    const signs = { WEBHOOK_SECRET_ID: { Ref: expect.stringMatching(/WebhooksSecret/) } }
    const queues = { QUEUE_URLS: { 'Fn::Join': expect.anything() } }
    const payloads = { PAYLOAD_BUCKET: { Ref: expect.stringMatching(/Payloads/) } }
    const submits = { ...common, ...queues, RESULT_TTL_SECONDS: '7200', WEBHOOK_TARGETS: 'public' }
    const delays = {
      SCHEDULE_GROUP: { Ref: expect.stringMatching(/SchedulesGroup/) },
      SCHEDULER_ROLE_ARN: { 'Fn::GetAtt': [expect.stringMatching(/SchedulesRole/), 'Arn'] },
      SCHEDULE_DEAD_LETTERS_ARN: { 'Fn::GetAtt': [expect.stringMatching(/SchedulesDeadLetters/), 'Arn'] },
    }
    const schedules = { SCHEDULED_FUNCTION_ARN: { 'Fn::GetAtt': [expect.stringMatching(/Scheduled/), 'Arn'] } }
    const environments = {
      [WORKER]: { ...common, ...webhooks, ...queues, ...payloads, ...delays, LANE_TIMEOUT_MS: '60000' },
      [DEAD_LETTERS]: { ...common, ...webhooks },
      [REST]: { ...submits, ...webhooks, ...signs, ...payloads, ...delays, ...schedules },
      [SOCKET]: { ...submits, ...webhooks, ...delays },
      // It stops timers that no schedule names any more.
      [SCHEDULED]: { ...submits, SCHEDULE_GROUP: delays.SCHEDULE_GROUP },
      [WEBHOOKS]: { ...webhooks, ...signs, REGISTRY_TABLE: common.REGISTRY_TABLE, WEBHOOK_TARGETS: 'public' },
    }
    for (const [description, Variables] of Object.entries(environments)) {
      expect(stack.functionOf(description).properties['Environment']).toEqual({ Variables })
    }
    expect(stack.functionOf(AUTHORIZER).properties['Environment']).toEqual({
      Variables: { TOKEN_SECRET_ID: { Ref: expect.stringMatching(/Secret/) } },
    })
  })

  it('read queue addresses, which are JSON once CloudFormation has filled them in', () => {
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
