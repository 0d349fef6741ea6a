import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '../../../../local/clock.ts'
import { clientSettings } from '../../cloud/client-settings.ts'
import type { SqsEndpoint } from './sqs-endpoint.ts'
import { startSqs } from './sqs-endpoint.ts'

const QueueUrl = 'jobs.fifo'
const ARN = 'arn:aws:sqs:us-east-1:000000000000:'

let clock: ManualClock
let dataDir: string
let cloud: SqsEndpoint
let client: SQSClient

beforeEach(async () => {
  clock = new ManualClock()
  dataDir = mkdtempSync(join(tmpdir(), 'jobwire-fifo-'))
  await start()
  await create(QueueUrl, { ContentBasedDeduplication: 'true' })
})
afterEach(async () => {
  await stop()
  rmSync(dataDir, { recursive: true })
})

async function start(): Promise<void> {
  cloud = await startSqs({ clock, dataDir })
  await cloud.sqs.start!()
  client = new SQSClient(clientSettings(cloud.endpoint))
}

async function stop(): Promise<void> {
  client.destroy()
  await cloud.close()
}

const create = (QueueName: string, Attributes: Record<string, string> = {}) =>
  client.send(new CreateQueueCommand({ QueueName, Attributes: { FifoQueue: 'true', ...Attributes } }))

const send = (MessageBody: string, MessageGroupId: string, more: object = {}) =>
  client.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId, ...more }))

async function receive(more: object = {}): Promise<Message[]> {
  const input = { QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All' as const], ...more }
  return (await client.send(new ReceiveMessageCommand(input))).Messages ?? []
}

const bodies = async (more: object = {}) => (await receive(more)).map(({ Body }) => Body)
const remove = (message: Message | undefined) =>
  client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }))

describe('a message group', () => {
  it('gives its messages out in order, and none while one is in flight', async () => {
    for (const [body, group] of [
      ['a1', 'a'],
      ['b1', 'b'],
      ['a2', 'a'],
      ['b2', 'b'],
      ['a3', 'a'],
      ['c1', 'c'],
    ] as const) {
      await send(body, group)
    }
    const [a1, a2] = await receive({ MaxNumberOfMessages: 2 })
    expect([a1?.Body, a2?.Body]).toEqual(['a1', 'a2'])
    await remove(a1)
    expect(await bodies()).toEqual(['b1', 'b2', 'c1'])
    expect(await bodies()).toEqual([])
    await remove(a2)
    expect(await bodies()).toEqual(['a3'])
  })

  it('gives a message that comes back before those that were sent after it', async () => {
    for (const body of ['one', 'two', 'three']) await send(body, 'a')
    expect(await bodies({ MaxNumberOfMessages: 1 })).toEqual(['one'])
    await clock.advance(30_000)
    const [one, ...others] = await receive()
    expect([one?.Body, ...others.map(({ Body }) => Body)]).toEqual(['one', 'two', 'three'])
    await client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: one?.ReceiptHandle, VisibilityTimeout: 0 }),
    )
    expect(await bodies()).toEqual([])
    await clock.advance(30_000)
    expect(await bodies()).toEqual(['one', 'two', 'three'])
  })

  it('wakes a receive that waits when its message in flight is deleted', async () => {
    for (const body of ['one', 'two']) await send(body, 'a')
    const [one] = await receive({ MaxNumberOfMessages: 1 })
    const [queue] = cloud.sqs.queues()
    const waiting = queue!.receive({ maxMessages: 1, waitMs: 20_000 })
    await remove(one)
    expect(await waiting).toMatchObject([{ body: 'two' }])
  })
})

describe('a message that is sent again', () => {
  it('within five minutes is not taken, even after it was deleted, and has the same answer', async () => {
    const first = await send('one', 'a')
    expect(first.SequenceNumber).toMatch(/^\d{20}$/)
    const [one] = await receive()
    expect(one!.Attributes).toMatchObject({
      MessageGroupId: 'a',
      MessageDeduplicationId: expect.stringMatching(/^[0-9a-f]{64}$/),
      SequenceNumber: first.SequenceNumber,
    })
    await remove(one)
    await clock.advance(299_999)
    const again = await send('one', 'b')
    expect(again).toMatchObject({ MessageId: first.MessageId, SequenceNumber: first.SequenceNumber })
    expect(await bodies()).toEqual([])
    await clock.advance(1)
    const later = await send('one', 'a')
    expect(later.MessageId).not.toBe(first.MessageId)
    expect(later.SequenceNumber! > first.SequenceNumber!).toBe(true)
    expect(await bodies()).toEqual(['one'])
  })

  it('is known by its own id rather than by its body, and in a batch too', async () => {
    await send('one', 'a', { MessageDeduplicationId: 'x' })
    await send('two', 'a', { MessageDeduplicationId: 'x' })
    const Entries = ['y', 'y', 'z'].map((MessageDeduplicationId, index) => ({
      Id: String(index),
      MessageBody: `batch-${index}`,
      MessageGroupId: 'a',
      MessageDeduplicationId,
    }))
    const { Successful } = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
    expect(Successful![1]!.MessageId).toBe(Successful![0]!.MessageId)
    expect(await bodies()).toEqual(['one', 'batch-0', 'batch-2'])
  })

  it('is taken after a purge, or in another group if the scope is the group', async () => {
    await send('one', 'a')
    await client.send(new PurgeQueueCommand({ QueueUrl }))
    await send('one', 'a')
    expect(await bodies()).toEqual(['one'])
    const Attributes = { DeduplicationScope: 'messageGroup' }
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }))
    await send('two', 'b')
    await send('two', 'c')
    expect(await bodies()).toEqual(['two', 'two'])
  })
})

it('shows its settings, and keeps its type', async () => {
  const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
  expect(Attributes).toMatchObject({
    QueueArn: `${ARN}jobs.fifo`,
    FifoQueue: 'true',
    ContentBasedDeduplication: 'true',
    DeduplicationScope: 'queue',
    FifoThroughputLimit: 'perQueue',
  })
  const set = (value: string) =>
    client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { FifoQueue: value } }))
  await set('true')
  await expect(set('false')).rejects.toMatchObject({ name: 'InvalidAttributeValue' })
  await expect(create(QueueUrl, { ContentBasedDeduplication: 'false' })).rejects.toThrow('ContentBasedDeduplication')
})

describe('what AWS refuses', () => {
  it.each([
    ['a message without a group', {}, 'MissingParameter'],
    ['a message with a delay', { MessageGroupId: 'a', DelaySeconds: 2 }, 'InvalidParameterValue'],
    ['a group with a space', { MessageGroupId: 'a b' }, 'InvalidParameterValue'],
  ])('is %s', async (_what, more, Code) => {
    const sending = client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a', ...more }))
    await expect(sending).rejects.toMatchObject({ Code })
  })

  it('is a message that has no deduplication id, alone or in a batch as a whole', async () => {
    await create('strict.fifo')
    const strict = { QueueUrl: 'strict.fifo' }
    await expect(send('a', 'a', strict)).rejects.toThrow('ContentBasedDeduplication enabled or')
    const Entries = [
      { Id: '1', MessageBody: 'a', MessageGroupId: 'a', MessageDeduplicationId: 'x' },
      { Id: '2', MessageBody: 'b', MessageGroupId: 'a' },
    ]
    const batch = client.send(new SendMessageBatchCommand({ ...strict, Entries }))
    await expect(batch).rejects.toMatchObject({ Code: 'InvalidParameterValue' })
    expect(await bodies(strict)).toEqual([])
    await send('a', 'a', { ...strict, MessageDeduplicationId: 'x', DelaySeconds: 0 })
    expect(await bodies(strict)).toEqual(['a'])
  })

  it('is a delete by a handle whose time is over', async () => {
    await send('one', 'a')
    const [one] = await receive()
    await clock.advance(30_000)
    const refused = remove(one)
    await expect(refused).rejects.toMatchObject({ Code: 'InvalidParameterValue' })
    await expect(refused).rejects.toThrow('Reason: The receipt handle has expired.')
    const Entries = [{ Id: 'a', ReceiptHandle: one!.ReceiptHandle }]
    const { Failed } = await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
    expect(Failed).toMatchObject([{ Id: 'a', Code: 'InvalidParameterValue' }])
  })

  it('is a dead-letter queue of the other type', async () => {
    await client.send(new CreateQueueCommand({ QueueName: 'dead' }))
    const policy = { deadLetterTargetArn: `${ARN}dead`, maxReceiveCount: 1 }
    const attributes = { RedrivePolicy: JSON.stringify(policy) }
    await expect(create('other.fifo', attributes)).rejects.toThrow('must be same type of queue')
    await cloud.makeQueue('OfTemplate', { FifoQueue: true, RedrivePolicy: policy })
    expect(() => cloud.sqs.check!()).toThrow(/^OfTemplate\.fifo: .*must be same type of queue/)
  })
})

it('moves a message to its dead-letter queue, where its group goes on, and back', async () => {
  await create('dead.fifo', { ContentBasedDeduplication: 'true' })
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: `${ARN}dead.fifo`, maxReceiveCount: 1 })
  await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy } }))
  for (const body of ['one', 'two']) await send(body, 'a')
  expect(await bodies({ MaxNumberOfMessages: 1, VisibilityTimeout: 0 })).toEqual(['one'])
  expect(await bodies({ MaxNumberOfMessages: 1, VisibilityTimeout: 60 })).toEqual(['two'])
  await client.send(new StartMessageMoveTaskCommand({ SourceArn: `${ARN}dead.fifo` }))
  await clock.advance(0)
  expect(await bodies({ QueueUrl: 'dead.fifo' })).toEqual([])
  expect(await bodies()).toEqual([])
  await clock.advance(60_000)
  expect(await bodies()).toEqual(['one'])
})

it('keeps order and numbers over a restart, and knows the messages that it still has', async () => {
  const first = await send('one', 'a')
  await send('two', 'a')
  await stop()
  await start()
  expect((await send('one', 'a')).MessageId).toBe(first.MessageId)
  const third = await send('three', 'a')
  expect(third.SequenceNumber! > first.SequenceNumber!).toBe(true)
  expect(await bodies()).toEqual(['one', 'two', 'three'])
})

it('comes from a template, with a name of its own or of its logical id', async () => {
  const { ref } = await cloud.makeQueue('Orders', { FifoQueue: true, ContentBasedDeduplication: true })
  expect(ref).toBe(`${cloud.endpoint}/000000000000/Orders.fifo`)
  await send('one', 'a', { QueueUrl: ref })
  expect(await bodies({ QueueUrl: ref })).toEqual(['one'])
  const named = await cloud.makeQueue('Named', { FifoQueue: true, QueueName: 'mails.fifo' })
  expect(named.attributes['QueueName']).toBe('mails.fifo')
})
