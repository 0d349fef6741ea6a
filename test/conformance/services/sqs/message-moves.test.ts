import {
  CancelMessageMoveTaskCommand,
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../../local/clock.ts'
import { clientSettings } from '../../cloud/client-settings.ts'
import type { SqsEndpoint } from './sqs-endpoint.ts'
import { startSqs } from './sqs-endpoint.ts'

const ARN = 'arn:aws:sqs:us-east-1:000000000000:'
const DEAD = `${ARN}dead`

let clock: ManualClock
let cloud: SqsEndpoint
let client: SQSClient

beforeEach(async () => {
  clock = new ManualClock()
  cloud = await startSqs({ clock })
  client = new SQSClient(clientSettings(cloud.endpoint))
  for (const QueueName of ['dead', 'other']) await client.send(new CreateQueueCommand({ QueueName }))
  for (const QueueName of ['jobs', 'mails']) {
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: DEAD, maxReceiveCount: 1 })
    await client.send(new CreateQueueCommand({ QueueName, Attributes: { RedrivePolicy } }))
  }
})
afterEach(async () => {
  client.destroy()
  await cloud.close()
})

/** Sends messages, and receives them until they are in the dead-letter queue. */
async function makeDead(QueueUrl: string, ...bodies: readonly string[]): Promise<void> {
  for (const MessageBody of bodies) await client.send(new SendMessageCommand({ QueueUrl, MessageBody }))
  for (let receive = 1; receive <= 2; receive++) {
    await client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }))
  }
}

async function bodiesIn(QueueUrl: string): Promise<(string | undefined)[]> {
  const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 })
  return ((await client.send(receive)).Messages ?? []).map(({ Body }) => Body)
}

const startMove = (input: { DestinationArn?: string; MaxNumberOfMessagesPerSecond?: number } = {}) =>
  client.send(new StartMessageMoveTaskCommand({ SourceArn: DEAD, ...input }))

const moves = async (MaxResults?: number) =>
  (await client.send(new ListMessageMoveTasksCommand({ SourceArn: DEAD, MaxResults }))).Results

const visibleIn = async (QueueUrl: string) =>
  (await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes?.[
    'ApproximateNumberOfMessages'
  ]

it('lists the sources of a dead-letter queue, in pages', async () => {
  const list = (input: object = {}) =>
    client.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: 'dead', ...input }))
  const url = (name: string) => `${cloud.endpoint}/000000000000/${name}`
  expect((await list()).queueUrls).toEqual([url('jobs'), url('mails')])
  const first = await list({ MaxResults: 1 })
  expect(first.queueUrls).toEqual([url('jobs')])
  const second = await list({ MaxResults: 1, NextToken: first.NextToken })
  expect(second.queueUrls).toEqual([url('mails')])
  expect(second.NextToken).toBeUndefined()
  expect((await list({ QueueUrl: 'other' })).queueUrls).toEqual([])
})

describe('a message move', () => {
  it('takes every message back to the queue that it came from', async () => {
    await makeDead('jobs', 'one', 'two')
    await makeDead('mails', 'three')
    const { TaskHandle } = await startMove()
    expect(await moves()).toMatchObject([{ TaskHandle, Status: 'RUNNING', ApproximateNumberOfMessagesToMove: 3 }])
    await clock.advance(0)
    expect(await moves()).toEqual([
      {
        Status: 'COMPLETED',
        SourceArn: DEAD,
        ApproximateNumberOfMessagesMoved: 3,
        ApproximateNumberOfMessagesToMove: 3,
        StartedTimestamp: clock.now(),
      },
    ])
    expect(await bodiesIn('jobs')).toEqual(['one', 'two'])
    expect(await bodiesIn('mails')).toEqual(['three'])
    expect(await bodiesIn('dead')).toEqual([])
  })

  it('sends them anew: with another id, counted from the start, and kept for the whole retention', async () => {
    await makeDead('jobs', 'one')
    await clock.advance(345_000_000)
    const get = async (QueueUrl: string) => {
      const { Messages } = await client.send(
        new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['All'], VisibilityTimeout: 0 }),
      )
      return Messages![0]!
    }
    const dead = await get('dead')
    expect(dead.Attributes).toMatchObject({ DeadLetterQueueSourceArn: `${ARN}jobs` })
    await startMove({ DestinationArn: `${ARN}other` })
    await clock.advance(0)
    const moved = await get('other')
    expect(moved.MessageId).not.toBe(dead.MessageId)
    expect(moved.Attributes).toEqual({
      ApproximateFirstReceiveTimestamp: String(clock.now()),
      ApproximateReceiveCount: '1',
      SenderId: '000000000000',
      SentTimestamp: String(clock.now()),
    })
  })

  it('keeps to its rate, is cancelled, and is then one of several in the list', async () => {
    await makeDead('jobs', 'one', 'two', 'three', 'four')
    const { TaskHandle } = await startMove({ DestinationArn: `${ARN}other`, MaxNumberOfMessagesPerSecond: 1 })
    await clock.advance(1_500)
    expect(await visibleIn('other')).toBe('2')
    await expect(startMove()).rejects.toMatchObject({
      Code: 'InvalidParameterValue',
      message: expect.stringContaining('There is already a task running.'),
    })
    const cancelled = await client.send(new CancelMessageMoveTaskCommand({ TaskHandle }))
    expect(cancelled.ApproximateNumberOfMessagesMoved).toBe(2)
    await clock.advance(10_000)
    expect(await visibleIn('dead')).toBe('2')
    await startMove()
    await clock.advance(0)
    expect((await moves(10))!.map(({ Status }) => Status)).toEqual(['COMPLETED', 'CANCELLED'])
    expect(await moves()).toHaveLength(1)
    const again = client.send(new CancelMessageMoveTaskCommand({ TaskHandle }))
    await expect(again).rejects.toMatchObject({ Code: 'InvalidParameterValue' })
  })

  it('fails when its destination is deleted, and at a message that was sent to the dead-letter queue directly', async () => {
    await makeDead('jobs', 'one', 'two')
    await startMove({ DestinationArn: `${ARN}other`, MaxNumberOfMessagesPerSecond: 1 })
    await clock.advance(0)
    await client.send(new DeleteQueueCommand({ QueueUrl: 'other' }))
    await clock.advance(1_000)
    expect(await moves()).toMatchObject([
      {
        Status: 'FAILED',
        FailureReason: 'AWS.SimpleQueueService.NonExistentQueue',
        ApproximateNumberOfMessagesMoved: 1,
      },
    ])
    await client.send(new SendMessageCommand({ QueueUrl: 'dead', MessageBody: 'direct' }))
    await startMove()
    await clock.advance(0)
    expect(await moves()).toMatchObject([{ Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' }])
    expect(await bodiesIn('dead')).toEqual(['direct'])
    expect(await bodiesIn('jobs')).toEqual(['two'])
  })
})

describe('is refused', () => {
  const handle = (sourceArn: string) =>
    Buffer.from(JSON.stringify({ taskId: '10f57157-fc38-4da9-a113-4de7e12d05dd', sourceArn })).toString('base64')
  const cancel = (TaskHandle: string) => () => client.send(new CancelMessageMoveTaskCommand({ TaskHandle }))
  const startFrom = (SourceArn: string, DestinationArn?: string) => () =>
    client.send(new StartMessageMoveTaskCommand({ SourceArn, DestinationArn }))

  it.each([
    [
      'a source that is no dead-letter queue',
      startFrom(`${ARN}jobs`),
      'InvalidParameterValue',
      'must be configured as',
    ],
    ['a missing source', startFrom(`${ARN}none`), 'ResourceNotFoundException', 'the SourceArn parameter'],
    [
      'a missing destination',
      startFrom(DEAD, `${ARN}none`),
      'ResourceNotFoundException',
      'the DestinationArn parameter',
    ],
    ['a move to itself', startFrom(DEAD, DEAD), 'InvalidParameterValue', 'must not be the same'],
    [
      'a rate of none',
      () => startMove({ MaxNumberOfMessagesPerSecond: 0 }),
      'InvalidParameterValue',
      'between 1 and 500',
    ],
    ['a malformed handle', cancel('foobared'), 'InvalidParameterValue', 'TaskHandle is invalid'],
    ['a handle of no queue', cancel(handle(`${ARN}none`)), 'ResourceNotFoundException', 'the SourceArn parameter'],
    ['a handle of no task', cancel(handle(DEAD)), 'ResourceNotFoundException', 'Task does not exist.'],
  ])('%s', async (_what, call, code, message) => {
    const refused = call()
    await expect(refused).rejects.toThrow(message)
    await expect(refused).rejects.toMatchObject({ Code: code })
  })
})
