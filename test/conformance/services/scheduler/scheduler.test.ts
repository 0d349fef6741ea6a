import {
  ConflictException,
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  ResourceNotFoundException,
  SchedulerClient,
  UpdateScheduleCommand,
  ValidationException,
} from '@aws-sdk/client-scheduler'
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../../local/clock.ts'
import type { Cloud } from '../../../../local/cloud.ts'
import type { LogEntry } from '../../../../local/context.ts'
import { createLongDelay } from '../../../../lambdas/aws/queue/long-delay.ts'
import type { QueueUrls } from '../../../../lambdas/aws/queue/job-queues.ts'
import { jobOf, messageOf } from '../../../unit/fakes/platform.ts'
import { clientSettings } from '../../cloud/client-settings.ts'
import {
  allow,
  arnOf,
  CREDENTIALS_HANDLER,
  lambdaFunction,
  role,
  scheduleRole,
  writeAssembly,
} from '../../cloud/hand-made-assembly.ts'
import { credentialsOf, startAssembly } from '../../cloud/start-assembly.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const SCHEDULES_OF_GROUP = 'arn:aws:scheduler:us-east-1:000000000000:schedule/Group/*'

const assembly = writeAssembly(
  {
    Resources: {
      Group: { Type: 'AWS::Scheduler::ScheduleGroup', Properties: {} },
      Jobs: { Type: 'AWS::SQS::Queue', Properties: { MessageRetentionPeriod: 1_209_600 } },
      Echo: lambdaFunction('EchoRole', 'echo'),
      EchoRole: role(),
      ExecutionRole: scheduleRole(allow('sqs:SendMessage', arnOf('Jobs')), allow('lambda:InvokeFunction', '*')),
      PowerlessRole: scheduleRole(),
      Creator: lambdaFunction('CreatorRole', 'credentials'),
      CreatorRole: role(
        allow('scheduler:CreateSchedule', SCHEDULES_OF_GROUP),
        allow('iam:PassRole', arnOf('ExecutionRole')),
      ),
    },
    Outputs: {
      QueueUrl: { Value: { Ref: 'Jobs' } },
      QueueArn: { Value: arnOf('Jobs') },
      EchoArn: { Value: arnOf('Echo') },
      RoleArn: { Value: arnOf('ExecutionRole') },
      PowerlessRoleArn: { Value: arnOf('PowerlessRole') },
      LambdaRoleArn: { Value: arnOf('EchoRole') },
    },
  },
  {
    credentials: CREDENTIALS_HANDLER,
    echo: 'exports.handler = async (event) => console.log("ran", JSON.stringify(event))',
  },
)

let clock: ManualClock
let cloud: Cloud
let client: SchedulerClient
let queue: SQSClient
let logged: LogEntry[]
let waiting: { text: string; found: (message: string) => void } | undefined

beforeAll(async () => {
  clock = new ManualClock()
  await start()
})
afterAll(async () => {
  await stop()
  assembly.remove()
})

async function start(): Promise<void> {
  logged = []
  const log = (entry: LogEntry): void => {
    logged.push(entry)
    if (waiting !== undefined && entry.message.includes(waiting.text)) waiting.found(entry.message)
  }
  cloud = await startAssembly(assembly, { dataDir: assembly.dataDir, clock, log })
  client = new SchedulerClient(clientSettings(cloud.endpoint))
  queue = new SQSClient({ ...clientSettings(cloud.endpoint), maxAttempts: 3 })
}

async function stop(): Promise<void> {
  client.destroy()
  queue.destroy()
  await cloud.close()
}

function schedule(name: string, more: Partial<CreateScheduleCommandInput> = {}): CreateScheduleCommandInput {
  return {
    Name: name,
    GroupName: 'Group',
    ScheduleExpression: at(clock.now() + HOUR),
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: toQueue(name),
    ...more,
  }
}

function toQueue(input: string): NonNullable<CreateScheduleCommandInput['Target']> {
  return { Arn: cloud.outputs['QueueArn'], RoleArn: cloud.outputs['RoleArn'], Input: input }
}

function toFunction(output: string, input: string): NonNullable<CreateScheduleCommandInput['Target']> {
  return { Arn: cloud.outputs[output], RoleArn: cloud.outputs['RoleArn'], Input: input }
}

const at = (ms: number): string => `at(${new Date(ms).toISOString().slice(0, 19)})`
const create = (name: string, more?: Partial<CreateScheduleCommandInput>) =>
  client.send(new CreateScheduleCommand(schedule(name, more)))
const remove = (name: string) => client.send(new DeleteScheduleCommand({ Name: name, GroupName: 'Group' }))
const get = (name: string) => client.send(new GetScheduleCommand({ Name: name, GroupName: 'Group' }))

/** Reads and deletes the messages that have come into the queue. */
async function received(): Promise<string[]> {
  const bodies: string[] = []
  for (;;) {
    const { Messages: messages = [] } = await queue.send(
      new ReceiveMessageCommand({ QueueUrl: cloud.outputs['QueueUrl'], MaxNumberOfMessages: 10 }),
    )
    if (messages.length === 0) return bodies.sort()
    for (const { Body, ReceiptHandle } of messages) {
      bodies.push(Body!)
      await queue.send(new DeleteMessageCommand({ QueueUrl: cloud.outputs['QueueUrl'], ReceiptHandle }))
    }
  }
}

function nextLog(text: string): Promise<string> {
  return new Promise((found) => {
    waiting = { text, found }
  })
}

describe('one-time schedules', () => {
  it('run once, at their time, and are deleted if they say so', async () => {
    const { ScheduleArn: arn } = await create('once', { ActionAfterCompletion: 'DELETE' })
    expect(arn).toBe('arn:aws:scheduler:us-east-1:000000000000:schedule/Group/once')
    await clock.advance(HOUR - 1)
    expect(await received()).toEqual([])
    await clock.advance(1)
    expect(await received()).toEqual(['once'])
    await expect(get('once')).rejects.toThrow(ResourceNotFoundException)
    await clock.advance(DAY)
    expect(await received()).toEqual([])
  })

  it('stay, done, if they do not', async () => {
    await create('stays')
    await clock.advance(2 * HOUR)
    expect(await received()).toEqual(['stays'])
    expect(await get('stays')).toMatchObject({ State: 'ENABLED', ActionAfterCompletion: 'NONE' })
    await remove('stays')
  })

  it('are read in their time zone', async () => {
    const local = new Date(clock.now() + HOUR + 9 * HOUR).toISOString().slice(0, 19)
    await create('tokyo', { ScheduleExpression: `at(${local})`, ScheduleExpressionTimezone: 'Asia/Tokyo' })
    await clock.advance(HOUR - 1)
    expect(await received()).toEqual([])
    await clock.advance(1)
    expect(await received()).toEqual(['tokyo'])
  })

  it('run inside of a flexible window', async () => {
    const FlexibleTimeWindow = { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 } as const
    await create('flexible', { FlexibleTimeWindow })
    expect(await get('flexible')).toMatchObject({ FlexibleTimeWindow })
    await clock.advance(HOUR + 15 * MINUTE)
    expect(await received()).toEqual(['flexible'])
    await remove('flexible')
  })

  it('do nothing once deleted', async () => {
    await create('deleted')
    await remove('deleted')
    await clock.advance(2 * HOUR)
    expect(await received()).toEqual([])
  })
})

describe('recurring schedules', () => {
  it('run at their rate, from their start to their end', async () => {
    const StartDate = new Date(clock.now() + 10 * MINUTE)
    const EndDate = new Date(clock.now() + 25 * MINUTE)
    const rate = { ScheduleExpression: 'rate(5 minutes)', StartDate, EndDate, ActionAfterCompletion: 'DELETE' } as const
    await create('rate', { ...rate, Target: toQueue('<aws.scheduler.scheduled-time>') })
    await clock.advance(HOUR)
    const seconds = (minutes: number) => new Date(StartDate.getTime() + minutes * MINUTE).toISOString().slice(0, 19)
    expect(await received()).toEqual([0, 5, 10, 15].map((minutes) => `${seconds(minutes)}Z`))
    await expect(get('rate')).rejects.toThrow(ResourceNotFoundException)
  })

  it('run by the wall time of their time zone', async () => {
    await create('cron', {
      ScheduleExpression: 'cron(30 9 ? * MON-FRI *)',
      ScheduleExpressionTimezone: 'America/New_York',
      Target: toQueue('<aws.scheduler.scheduled-time>'),
    })
    await clock.advance(7 * DAY)
    const times = await received()
    expect(times).toHaveLength(5)
    for (const time of times) expect(time).toMatch(/T14:30:00Z$/)
    await remove('cron')
  })

  it('do not run while they are disabled', async () => {
    await create('paused', { ScheduleExpression: 'rate(1 hour)', State: 'DISABLED' })
    await clock.advance(3 * HOUR)
    expect(await received()).toEqual([])
    await client.send(new UpdateScheduleCommand(schedule('paused', { ScheduleExpression: 'rate(1 hour)' })))
    await clock.advance(2 * HOUR)
    expect(await received()).toEqual(['paused', 'paused', 'paused'])
    await remove('paused')
  })
})

describe('targets', () => {
  it('are functions', async () => {
    const ran = nextLog('ran')
    await create('function', {
      Target: toFunction('EchoArn', '{"at":"<aws.scheduler.scheduled-time>","n":<aws.scheduler.attempt-number>}'),
    })
    const due = new Date(clock.now() + HOUR).toISOString().replace('.000', '')
    await clock.advance(HOUR)
    expect(await ran).toContain(JSON.stringify({ at: due, n: 1 }))
    await remove('function')
  })

  it('get the default event of AWS if the schedule has no input', async () => {
    const ran = nextLog('ran')
    const { ScheduleArn } = await create('default', { Target: { ...toFunction('EchoArn', ''), Input: undefined } })
    const time = new Date(clock.now() + HOUR).toISOString().replace('.000', '')
    await clock.advance(HOUR)
    const line = await ran
    expect(JSON.parse(line.slice(line.indexOf('{'), line.lastIndexOf('}') + 1))).toEqual({
      version: '0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      'detail-type': 'Scheduled Event',
      source: 'aws.scheduler',
      account: '000000000000',
      time,
      region: 'us-east-1',
      resources: [ScheduleArn],
      detail: '{}',
    })
    expect((await get('default')).Target).not.toHaveProperty('Input')
    await remove('default')
  })

  it("are an SDK's operation: a message with a group", async () => {
    const input = JSON.stringify({ QueueUrl: cloud.outputs['QueueUrl'], MessageBody: 'fair', MessageGroupId: 'acme' })
    await create('sdk', { Target: { ...toQueue(input), Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage' } })
    await clock.advance(HOUR)
    const { Messages: messages } = await queue.send(
      new ReceiveMessageCommand({
        QueueUrl: cloud.outputs['QueueUrl'],
        MessageSystemAttributeNames: ['MessageGroupId'],
      }),
    )
    expect(messages).toMatchObject([{ Body: 'fair', Attributes: { MessageGroupId: 'acme' } }])
    await clock.advance(MINUTE)
    expect(await received()).toEqual(['fair'])
  })

  it('get nothing with a role that may not send, and the run is dropped after its retries', async () => {
    const target = {
      ...toQueue('never'),
      RoleArn: cloud.outputs['PowerlessRoleArn'],
      RetryPolicy: { MaximumRetryAttempts: 2 },
    }
    await create('powerless', { Target: target })
    await clock.advance(2 * HOUR)
    expect(await received()).toEqual([])
    const dropped = logged.filter(({ message }) => message.startsWith('A run of powerless is dropped'))
    expect(dropped).toHaveLength(1)
    expect(dropped[0]!.message).toContain('may not sqs:SendMessage')
  })
})

describe("the platform's long delays", () => {
  const scheduler = () => {
    const [roleArn, deadLetterArn] = [cloud.outputs['RoleArn']!, cloud.outputs['QueueArn']!]
    return { client, group: 'Group', roleArn, deadLetterArn }
  }

  it('deliver a message unchanged, a minute before it is due, and are made once for one time', async () => {
    const urls = { default: { normal: cloud.outputs['QueueUrl']! } } as unknown as QueueUrls
    const longDelay = createLongDelay({ ...scheduler(), urls, log: () => {} })
    const input = { text: '"<aws.scheduler.scheduled-time>" \\ <b> \u2028 \uFFFE \uFFFF' }
    const message = { ...messageOf(jobOf('later')), input }
    const dueAt = clock.now() + DAY
    const lost = { ...message, queue: 'unknown' }
    expect(await longDelay.sendLater([message, message, lost].map((one) => ({ message: one, dueAt })))).toEqual([lost])
    const { Schedules: made } = await client.send(new ListSchedulesCommand({ NamePrefix: 'delay-' }))
    expect(made).toHaveLength(1)
    await clock.advance(DAY - MINUTE - SECOND)
    expect(await received()).toEqual([])
    await clock.advance(SECOND)
    const bodies = await received()
    expect(bodies.map((body) => JSON.parse(body) as unknown)).toEqual([message])
    // SQS refuses a message with any other character, and Scheduler's send would fail.
    expect(bodies.join()).toMatch(/^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u)
  })

  it('end with a cancel, and leave those of other lives alone', async () => {
    const urls = { default: { normal: cloud.outputs['QueueUrl']! } } as unknown as QueueUrls
    const problems: unknown[] = []
    const log = (...line: unknown[]): void => void problems.push(line)
    const longDelay = createLongDelay({ ...scheduler(), urls, log })
    const dueAt = clock.now() + DAY
    const lives = [1, 2].map((createdAt) => messageOf({ ...jobOf('again'), createdAt }))
    expect(await longDelay.sendLater(lives.map((message) => ({ message, dueAt })))).toEqual([])
    // The second time there is nothing left to delete, which is no problem.
    for (const _ of [1, 2]) await longDelay.forget([{ ...lives[0]!, dueAt }])
    expect(problems).toEqual([])
    await clock.advance(DAY)
    expect((await received()).map((body) => JSON.parse(body) as unknown)).toEqual([lives[1]])
  })

  it('that cannot be ended are in the log, and nobody fails for it', async () => {
    const problems: unknown[] = []
    const log = (...line: unknown[]): void => void problems.push(line)
    const lost = createLongDelay({ ...scheduler(), group: 'no/group', urls: {}, log })
    const waits = ['a', 'b'].map((id) => ({ ...jobOf(id), dueAt: clock.now() + DAY }))
    await lost.forget(waits)
    expect(problems).toMatchObject([['warn', expect.any(String), { schedules: 2 }]])
  })
})

describe('names', () => {
  it('are created once; the same call again, with the same token, is no conflict', async () => {
    const first = await create('taken', { ClientToken: 'token-1' })
    expect(await create('taken', { ClientToken: 'token-1' })).toMatchObject({ ScheduleArn: first.ScheduleArn })
    await expect(create('taken', { ClientToken: 'token-2' })).rejects.toThrow(ConflictException)
    await remove('taken')
    await expect(remove('taken')).rejects.toThrow(ResourceNotFoundException)
  })

  it('belong to a group of the stack', async () => {
    await expect(create('lost', { GroupName: 'Unknown' })).rejects.toThrow(/group Unknown does not exist/)
    await create('lost', { GroupName: 'default' })
    await client.send(new DeleteScheduleCommand({ Name: 'lost' }))
  })

  it('are listed by prefix, page by page', async () => {
    for (const name of ['a-2', 'a-1', 'b-1', 'a-3']) await create(name)
    const list = (more: object) =>
      client.send(new ListSchedulesCommand({ GroupName: 'Group', NamePrefix: 'a-', MaxResults: 2, ...more }))
    const page = await list({})
    expect(page.Schedules?.map(({ Name }) => Name)).toEqual(['a-1', 'a-2'])
    const { Schedules: rest, NextToken } = await list({ NextToken: page.NextToken })
    expect(rest).toMatchObject([{ Name: 'a-3', State: 'ENABLED', Target: { Arn: cloud.outputs['QueueArn'] } }])
    expect(NextToken).toBeUndefined()
    for (const name of ['a-1', 'a-2', 'a-3', 'b-1']) await remove(name)
  })

  it('are described whole', async () => {
    const StartDate = new Date(clock.now())
    const RetryPolicy = { MaximumEventAgeInSeconds: 600, MaximumRetryAttempts: 3 }
    await create('whole', {
      ScheduleExpression: 'rate(2 days)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      Description: 'every other day',
      StartDate,
      Target: { ...toQueue('x'), RetryPolicy },
    })
    const whole = await get('whole')
    expect(whole).toMatchObject({
      Name: 'whole',
      GroupName: 'Group',
      ScheduleExpression: 'rate(2 days)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      Description: 'every other day',
      Target: { Input: 'x', RetryPolicy },
      FlexibleTimeWindow: { Mode: 'OFF' },
      StartDate,
      CreationDate: new Date(clock.now()),
    })
    await remove('whole')
    await received()
  })
})

describe('a schedule is refused with', () => {
  it.each<[string, Partial<CreateScheduleCommandInput>, RegExp]>([
    ['an expression of no kind', { ScheduleExpression: 'every(5 minutes)' }, /Invalid Schedule Expression every/],
    ['a cron of five fields', { ScheduleExpression: 'cron(0 3 * * *)' }, /has 5 fields instead of six/],
    ['a rate of nothing', { ScheduleExpression: 'rate(0 minutes)' }, /Invalid Schedule Expression rate/],
    ['a day that does not exist', { ScheduleExpression: 'at(2026-02-30T12:00:00)' }, /there is no such time/],
    ['a zone that does not exist', { ScheduleExpressionTimezone: 'Mars/Olympus' }, /Mars\/Olympus is not an IANA name/],
    ['a flexible window of no length', { FlexibleTimeWindow: { Mode: 'FLEXIBLE' } }, /MaximumWindowInMinutes must be/],
    [
      'an empty input',
      { Target: { Arn: 'a', RoleArn: 'b', Input: '' } },
      /Value '' at 'target.input' failed to satisfy/,
    ],
    ['no role', { Target: { Arn: 'a' } as never }, /Value null at 'target.roleArn' failed to satisfy constraint/],
    [
      'a state that does not exist',
      { State: 'PAUSED' as 'ENABLED' },
      /^1 validation error detected: Value 'PAUSED' at 'state' .*: Member must satisfy enum value set: \[ENABLED, DISABLED\]$/,
    ],
    [
      'a malformed name',
      { Name: 'a b' },
      /Value 'a b' at 'name' .* regular expression pattern: \^\[0-9a-zA-Z-_\.\]\+\$$/,
    ],
    ['a long name', { Name: 'a'.repeat(65) }, /Member must have length less than or equal to 64$/],
    ['a start long ago', { ScheduleExpression: 'rate(1 day)', StartDate: new Date(0) }, /StartDate/],
    ['an end before the start', { ScheduleExpression: 'rate(1 day)', EndDate: new Date(0) }, /EndDate/],
    ['a member that is not implemented', { KmsKeyArn: 'arn:aws:kms:…' }, /does not implement KmsKeyArn/],
  ])('%s', async (_name, more, message) => {
    const refused = create('refused', more)
    await expect(refused).rejects.toThrow(ValidationException)
    await expect(refused).rejects.toThrow(message)
  })

  it('a target that is not implemented, and a role that Scheduler may not take', async () => {
    await expect(create('refused', { Target: { ...toQueue('x'), Arn: 'arn:aws:sns:us-east-1:0:t' } })).rejects.toThrow(
      /does not implement the target arn:aws:sns/,
    )
    await expect(
      create('refused', { Target: { ...toQueue('x'), RoleArn: cloud.outputs['LambdaRoleArn'] } }),
    ).rejects.toThrow(/must allow AWS EventBridge Scheduler to assume the role/)
  })

  it('an input of the SDK target that is JSON, but no object', async () => {
    const Target = { ...toQueue('null'), Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage' }
    await expect(create('refused', { Target })).rejects.toThrow(ValidationException)
  })

  it('a malformed percent escape in its name', async () => {
    const authorization = 'AWS4-HMAC-SHA256 Credential=own/20261129/us-east-1/scheduler/aws4_request'
    const answer = await fetch(`${cloud.endpoint}/schedules/50%`, { headers: { authorization } })
    expect(answer.status).toBe(400)
    expect(answer.headers.get('x-amzn-errortype')).toBe('ValidationException')
  })

  it('another group or another role than the caller may use', async () => {
    const creator = new SchedulerClient(clientSettings(cloud.endpoint, await credentialsOf(cloud, 'Creator')))
    await creator.send(new CreateScheduleCommand(schedule('mine')))
    await expect(creator.send(new CreateScheduleCommand(schedule('mine', { GroupName: 'default' })))).rejects.toThrow(
      /not authorized to perform: scheduler:CreateSchedule on resource: .*schedule\/default\/mine/,
    )
    const Target = { ...toQueue('x'), RoleArn: cloud.outputs['PowerlessRoleArn'] }
    await expect(creator.send(new CreateScheduleCommand(schedule('other', { Target })))).rejects.toThrow(
      /not authorized to perform: iam:PassRole on resource: .*role\/PowerlessRole/,
    )
    await expect(creator.send(new DeleteScheduleCommand({ Name: 'mine', GroupName: 'Group' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 403 },
    })
    creator.destroy()
    await remove('mine')
  })
})

describe('a restart', () => {
  it('keeps schedules, and makes up for one run of those that fell due meanwhile', async () => {
    await create('after-restart', { ScheduleExpression: at(clock.now() + 2 * DAY) })
    await create('missed')
    await create('missed-often', { ScheduleExpression: 'rate(10 minutes)', StartDate: new Date(clock.now() + MINUTE) })
    await stop()
    await clock.advance(DAY)
    await start()
    await clock.advance(0)
    expect(await received()).toEqual(['missed', 'missed-often'])
    await remove('missed-often')
    await clock.advance(DAY)
    expect(await received()).toEqual(['after-restart'])
  })

  it('counts its runs', () => {
    const count = cloud.meter.lines().find(({ unit }) => unit === 'schedulerInvocation')
    expect(count).toMatchObject({ by: 'scheduler', quantity: 3 })
    expect(count!.usd).toBeCloseTo(3e-6)
  })
})
