import { describe, expect, it } from '@jest/globals'
import { referenced, synthesizeStack } from './synthesized-stack.ts'

const stack = synthesizeStack()
const policies = Object.values(stack.resources('AWS::IAM::Policy'))

interface Statement {
  readonly Effect: string
  readonly Action: string | string[]
  readonly Resource: unknown
}

function list<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value]
}

function statementsOf(role: string): Statement[] {
  return policies
    .filter(({ Properties }) => Properties['Roles'].some((each: unknown) => referenced(each) === role))
    .flatMap(({ Properties }) => Properties['PolicyDocument'].Statement as Statement[])
}

/** Returns the grants of a role, as `action on resource` for each pair. A part of the logical id names the resource. */
function allowed(description: string): string[] {
  return allowedTo(referenced(stack.functionOf(description).properties['Role']))
}

function allowedTo(role: string): string[] {
  return statementsOf(role)
    .flatMap(({ Effect, Action, Resource }) => {
      expect(Effect).toBe('Allow')
      return list(Action).flatMap((action) => list(Resource).map((resource) => `${action} on ${nameOf(resource)}`))
    })
    .sort()
}

function nameOf(resource: unknown): string {
  const text = JSON.stringify(resource)
  if (/@connections/.test(text)) return text.includes('/v1/POST/@connections/*') ? 'POST @connections' : text
  if (/:scheduler:/.test(text)) return /SchedulesGroup\w+"},"\/\*"/.test(text) ? 'schedules of the group' : text
  const index = /\/index\/(\w+)/.exec(text)
  if (index !== null) return `index ${index[1]}`
  const [name] =
    /Results|Registry|Payloads|WebhooksQueue|WebhooksSecret|Secret|SchedulesRole|SchedulesDeadLetters|Scheduled(?=[\dA-F]{8})|Logs|(Critical|High|Normal|Low)(Jobs|DeadLetters)/.exec(
      text,
    ) ?? [text]
  return text.includes('/*') ? `${name}/*` : name
}

const LOGS = ['logs:CreateLogStream on Logs', 'logs:PutLogEvents on Logs']
const PUSH = ['dynamodb:GetItem on Registry', 'execute-api:ManageConnections on POST @connections']
const PAYLOADS = ['s3:GetObject on Payloads/*', 's3:ListBucket on Payloads', 's3:PutObject on Payloads/*']
const QUEUES = ['Critical', 'High', 'Low', 'Normal']
const consume = (kind: string) =>
  QUEUES.flatMap((queue) =>
    ['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'].map((action) => `sqs:${action} on ${queue}${kind}`),
  )
const on = (table: string, actions: string[]) => actions.map((action) => `dynamodb:${action} on ${table}`)
const TELL = ['sqs:SendMessage on WebhooksQueue']
const SEND = QUEUES.map((queue) => `sqs:SendMessage on ${queue}Jobs`)
const PUT_BACK = [...SEND, ...QUEUES.map((queue) => `sqs:ChangeMessageVisibility on ${queue}Jobs`)]
const FINISH = on('Results', ['BatchGetItem', 'PartiQLUpdate', 'UpdateItem'])
const SUBMIT = on('Results', ['BatchGetItem', 'GetItem', 'PartiQLInsert', 'PartiQLUpdate', 'PutItem', 'UpdateItem'])
const DELAY = ['iam:PassRole on SchedulesRole', 'scheduler:CreateSchedule on schedules of the group']
const STOP = ['scheduler:DeleteSchedule on schedules of the group']
const LISTS = ['dynamodb:Query on Results', 'dynamodb:Query on index failed']

describe("a function's role allows what it calls and nothing else (I9)", () => {
  it.each([
    ['Checks the token', [...LOGS, 'secretsmanager:GetSecretValue on Secret']],
    [
      'Answers the REST API',
      [
        ...['secretsmanager:GetSecretValue on WebhooksSecret', 's3:DeleteObject on Payloads/*', ...TELL],
        ...[...LOGS, ...LISTS, ...PAYLOADS, ...PUSH, ...SEND, ...SUBMIT, ...on('Results', ['DeleteItem'])],
        ...[...DELAY, ...STOP],
        ...on('Registry', ['DeleteItem', 'PutItem', 'Query', 'UpdateItem']),
      ],
    ],
    [
      'Answers the WebSocket API',
      [
        ...[...LOGS, ...PUSH, ...SEND, ...TELL, ...SUBMIT, ...on('Registry', ['DeleteItem', 'PutItem'])],
        // A cancel ends the long delay of its job.
        ...[...DELAY, ...STOP],
      ],
    ],
    [
      'Submits the jobs of schedules',
      [
        ...[...LOGS, ...SEND, ...on('Registry', ['GetItem', 'UpdateItem'])],
        ...[...STOP, ...on('Results', ['BatchGetItem', 'PutItem', 'UpdateItem'])],
        // Lambda sends what it could not bring to an end with the role of the function.
        'sqs:SendMessage on SchedulesDeadLetters',
      ],
    ],
    [
      'Runs the jobs of the lane "default"',
      [
        ...[...LOGS, ...PAYLOADS, ...PUSH, ...FINISH, ...TELL, ...consume('Jobs'), ...PUT_BACK, ...DELAY],
        ...on('Registry', ['UpdateItem']),
      ],
    ],
    [
      'Records jobs that could not be run',
      [
        ...[...LOGS, ...PUSH, ...FINISH, ...TELL, ...consume('DeadLetters')],
        ...['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'].map(
          (action) => `sqs:${action} on SchedulesDeadLetters`,
        ),
        ...on('Registry', ['UpdateItem']),
      ],
    ],
    [
      'Delivers webhooks',
      [
        ...[...LOGS, 'secretsmanager:GetSecretValue on WebhooksSecret', ...on('Registry', ['GetItem', 'PutItem'])],
        ...['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage', 'SendMessage'].map(
          (action) => `sqs:${action} on WebhooksQueue`,
        ),
      ],
    ],
  ])('%s', (description, expected) => {
    expect(allowed(description)).toEqual(expected.sort())
  })

  it("EventBridge Scheduler's allows sending to the job queues and its dead letters, and calling one function", () => {
    const [role] = Object.keys(stack.resources('AWS::IAM::Role')).filter((id) => id.includes('SchedulesRole'))
    const deadLetters = 'sqs:SendMessage on SchedulesDeadLetters'
    expect(allowedTo(role!)).toEqual([...SEND, deadLetters, 'lambda:InvokeFunction on Scheduled'].sort())
  })

  it('has no managed policy, and nobody but its own service assumes it', () => {
    const roles = Object.entries(stack.resources('AWS::IAM::Role'))
    expect(roles).toHaveLength(8)
    for (const [id, { Properties }] of roles) {
      const service = id.includes('SchedulesRole') ? 'scheduler.amazonaws.com' : 'lambda.amazonaws.com'
      expect(Properties['ManagedPolicyArns']).toBeUndefined()
      expect(Properties['Policies']).toBeUndefined()
      expect(Properties['AssumeRolePolicyDocument'].Statement).toEqual([
        { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: service } },
      ])
    }
  })

  it('never allows all actions, or anything on all resources', () => {
    expect(policies).toHaveLength(8)
    for (const { Properties } of policies) {
      for (const { Action, Resource } of Properties['PolicyDocument'].Statement as Statement[]) {
        expect(list(Action).filter((action) => action.includes('*'))).toEqual([])
        // An exact resource, or the connections of one API, whose ids nobody knows beforehand.
        const wide = list(Resource).filter((resource) => typeof resource === 'string')
        expect(wide).toEqual([])
      }
    }
  })

  it('lets API Gateway call a function for our own APIs only', () => {
    const permissions = Object.values(stack.resources('AWS::Lambda::Permission'))
    expect(permissions.length).toBeGreaterThan(0)
    for (const { Properties } of permissions) {
      expect(Properties['Principal']).toBe('apigateway.amazonaws.com')
      expect(JSON.stringify(Properties['SourceArn'])).toMatch(/execute-api:.*"Ref":"Platform(Rest|Socket)Api/)
    }
  })
})
