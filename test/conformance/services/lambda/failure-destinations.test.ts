import { CreateScheduleCommand, GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { DeleteMessageCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../../local/clock.ts'
import type { Cloud } from '../../../../local/cloud.ts'
import type { LogEntry } from '../../../../local/context.ts'
import { clientSettings } from '../../cloud/client-settings.ts'
import { allow, arnOf, lambdaFunction, role, scheduleRole, writeAssembly } from '../../cloud/hand-made-assembly.ts'
import { startAssembly } from '../../cloud/start-assembly.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const eventConfig = (functionId: string, more: object = {}): object => ({
  Type: 'AWS::Lambda::EventInvokeConfig',
  Properties: { FunctionName: { Ref: functionId }, Qualifier: '$LATEST', ...more },
})
const toQueue = { DestinationConfig: { OnFailure: { Destination: arnOf('DeadLetters') } } }

const FUNCTIONS = {
  Failing: lambdaFunction('FailingRole', 'failing'),
  FailingEvents: eventConfig('Failing', toQueue),
  FailingRole: role(allow('sqs:SendMessage', arnOf('DeadLetters'))),
  Powerless: lambdaFunction('PowerlessRole', 'failing'),
  PowerlessEvents: eventConfig('Powerless', { ...toQueue, MaximumRetryAttempts: 0 }),
  PowerlessRole: role(),
}
const CODE = { failing: 'exports.handler = async () => { console.log("failing"); throw new Error("no") }' }

const assembly = writeAssembly(
  {
    Resources: {
      ...FUNCTIONS,
      Group: { Type: 'AWS::Scheduler::ScheduleGroup', Properties: {} },
      DeadLetters: { Type: 'AWS::SQS::Queue', Properties: { MessageRetentionPeriod: 1_209_600 } },
      // It may not send to any other queue, nor run a function.
      ExecutionRole: scheduleRole(allow('sqs:SendMessage', arnOf('DeadLetters'))),
      InvokerRole: scheduleRole(allow('lambda:InvokeFunction', '*')),
    },
    Outputs: {
      QueueUrl: { Value: { Ref: 'DeadLetters' } },
      QueueArn: { Value: arnOf('DeadLetters') },
      RoleArn: { Value: arnOf('ExecutionRole') },
      InvokerArn: { Value: arnOf('InvokerRole') },
      FailingArn: { Value: arnOf('Failing') },
    },
  },
  CODE,
)

let clock: ManualClock
let cloud: Cloud
let client: SchedulerClient
let queue: SQSClient
const logged: LogEntry[] = []

beforeAll(async () => {
  clock = new ManualClock()
  cloud = await startAssembly(assembly, { clock, log: (entry) => void logged.push(entry) })
  client = new SchedulerClient(clientSettings(cloud.endpoint))
  queue = new SQSClient({ ...clientSettings(cloud.endpoint), maxAttempts: 3 })
})
afterAll(async () => {
  client.destroy()
  queue.destroy()
  await cloud.close()
  assembly.remove()
})

/** Waits for a state that a function thread brings about. */
async function until<Value>(look: () => Value | undefined): Promise<Value> {
  for (;;) {
    const found = look()
    if (found !== undefined) return found
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const logLines = (text: string): number => logged.filter(({ message }) => message.includes(text)).length
const untilLines = (text: string, count: number) => until(() => (logLines(text) >= count ? true : undefined))

async function deadLetters(): Promise<Message[]> {
  const QueueUrl = cloud.outputs['QueueUrl']
  const { Messages: messages = [] } = await queue.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
  )
  for (const { ReceiptHandle } of messages) await queue.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
  return messages
}

async function create(name: string, target: object): Promise<string> {
  const at = new Date(clock.now() + HOUR).toISOString().slice(0, 19)
  await client.send(
    new CreateScheduleCommand({
      Name: name,
      GroupName: 'Group',
      ScheduleExpression: `at(${at})`,
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: cloud.outputs['FailingArn'], RoleArn: cloud.outputs['RoleArn'], Input: '{}', ...target },
    }),
  )
  return `${at}Z`
}

const stringOf = (message: Message | undefined, name: string) => message?.MessageAttributes?.[name]?.StringValue

describe('a run that the target of a schedule never took', () => {
  it('goes to the dead-letter queue, as AWS writes it', async () => {
    const DeadLetterConfig = { Arn: cloud.outputs['QueueArn'] }
    const Input = '{"at":"<aws.scheduler.scheduled-time>"}'
    const time = await create('refused', { Input, DeadLetterConfig, RetryPolicy: { MaximumRetryAttempts: 1 } })
    const described = await client.send(new GetScheduleCommand({ Name: 'refused', GroupName: 'Group' }))
    expect(described.Target).toMatchObject({ DeadLetterConfig })
    await clock.advance(HOUR)
    expect(await deadLetters()).toEqual([])
    await clock.advance(MINUTE)
    const [letter, ...more] = await deadLetters()
    expect(more).toEqual([])
    expect(letter?.Body).toBe(JSON.stringify({ at: time }))
    expect(stringOf(letter, 'SCHEDULED_TIME')).toBe(time)
    expect(stringOf(letter, 'SCHEDULE_ARN')).toMatch(/:schedule\/Group\/refused$/)
    expect(stringOf(letter, 'TARGET_ARN')).toBe(cloud.outputs['FailingArn'])
    expect(stringOf(letter, 'ERROR_CODE')).toBe('AccessDeniedException')
    expect(stringOf(letter, 'RETRY_ATTEMPTS')).toBe('1')
    expect(stringOf(letter, 'EXHAUSTED_RETRY_CONDITION')).toBe('MaximumRetryAttempts')
  })

  it('is in the log if the role may not send to that queue', async () => {
    const target = { Arn: `${cloud.outputs['QueueArn']}-2`, RoleArn: cloud.outputs['InvokerArn'] }
    const DeadLetterConfig = { Arn: cloud.outputs['QueueArn'] }
    await create('lost', { ...target, DeadLetterConfig, RetryPolicy: { MaximumRetryAttempts: 0 } })
    await clock.advance(HOUR)
    expect(logLines('The dropped run of lost has no dead letter')).toBe(1)
    expect(await deadLetters()).toEqual([])
  })

  it('needs a queue: anything else is refused by name', async () => {
    await expect(
      create('topic', { DeadLetterConfig: { Arn: 'arn:aws:sns:us-east-1:000000000000:t' } }),
    ).rejects.toThrow(/deadLetterConfig/)
  })
})

describe('an event that a function could not handle', () => {
  it('goes to the destination for failures after two more tries, also if a schedule sent it', async () => {
    await create('failing', { RoleArn: cloud.outputs['InvokerArn'], Input: '{"n":1}' })
    await clock.advance(HOUR)
    for (const [waitMs, count] of [
      [MINUTE, 1],
      [2 * MINUTE, 2],
    ] as const) {
      await untilLines('ERROR\tInvoke Error', count)
      expect(await deadLetters()).toEqual([])
      await clock.advance(waitMs)
    }
    await untilLines('failed for the last time', 1)
    const [letter] = await deadLetters()
    expect(JSON.parse(letter!.Body!)).toEqual({
      version: '1.0',
      timestamp: new Date(clock.now()).toISOString(),
      requestContext: {
        requestId: expect.any(String),
        functionArn: `${cloud.outputs['FailingArn']}:$LATEST`,
        condition: 'RetriesExhausted',
        approximateInvokeCount: 3,
      },
      requestPayload: { n: 1 },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: expect.objectContaining({ errorType: 'Error', errorMessage: 'no' }),
    })
  })

  it('is in the log if the role of the function may not send', async () => {
    const before = logLines('its event is dropped')
    await fetch(`${cloud.endpoint}/2015-03-31/functions/Powerless/invocations`, {
      method: 'POST',
      headers: { 'x-amz-invocation-type': 'Event' },
      body: '{}',
    })
    await untilLines('its event is dropped', before + 1)
    expect(logged.at(-1)!.message).toContain('may not sqs:SendMessage')
  })
})

describe('a template is refused by name with', () => {
  it.each<[string, object, RegExp]>([
    ['another qualifier', { Qualifier: 'live' }, /Qualifier \$LATEST only/],
    ['a destination for successes', { DestinationConfig: { OnSuccess: {} } }, /does not implement .*OnSuccess/],
    ['a topic', { DestinationConfig: { OnFailure: { Destination: 'arn:aws:sns:a:1:t' } } }, /implements queues as/],
    ['three retries', { MaximumRetryAttempts: 3 }, /MaximumRetryAttempts must be a whole number from 0 to 2/],
    ['an unknown property', { Name: 'x' }, /does not implement the property Name/],
  ])('%s', async (_name, properties, message) => {
    const Resources = { F: lambdaFunction('R', 'failing'), R: role(), Events: eventConfig('F', properties) }
    const wrong = writeAssembly({ Resources }, CODE)
    try {
      await expect(startAssembly(wrong)).rejects.toThrow(message)
    } finally {
      wrong.remove()
    }
  })
})
