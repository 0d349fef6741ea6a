import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  PurgeQueueCommand,
  QueueDoesNotExist,
  QueueNameExists,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '../../../../local/clock.ts'
import { awsCall } from '../../../support/aws-call.ts'
import { clientSettings } from '../../cloud/client-settings.ts'
import type { SqsEndpoint } from './sqs-endpoint.ts'
import { startSqs } from './sqs-endpoint.ts'

const ARN = 'arn:aws:sqs:us-east-1:000000000000:'

let clock: ManualClock
let cloud: SqsEndpoint
let client: SQSClient

beforeEach(async () => {
  clock = new ManualClock()
  cloud = await startSqs({ clock })
  client = new SQSClient(clientSettings(cloud.endpoint))
})
afterEach(async () => {
  client.destroy()
  await cloud.close()
})

const create = (QueueName: string, Attributes?: Record<string, string>, tags?: Record<string, string>) =>
  client.send(new CreateQueueCommand({ QueueName, Attributes, tags }))

async function attributesOf(QueueUrl: string | undefined): Promise<Record<string, string>> {
  const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
  return Attributes!
}

describe('CreateQueue', () => {
  it('makes a queue with attributes and tags', async () => {
    const { QueueUrl } = await create('scratch', { VisibilityTimeout: '20', DelaySeconds: '1' }, { team: 'red' })
    expect(QueueUrl).toBe(`${cloud.endpoint}/000000000000/scratch`)
    expect(await attributesOf(QueueUrl)).toMatchObject({
      QueueArn: `${ARN}scratch`,
      VisibilityTimeout: '20',
      DelaySeconds: '1',
      MessageRetentionPeriod: '345600',
      SqsManagedSseEnabled: 'true',
    })
    expect((await client.send(new ListQueueTagsCommand({ QueueUrl }))).Tags).toEqual({ team: 'red' })
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }))
    await clock.advance(1_000)
    expect((await client.send(new ReceiveMessageCommand({ QueueUrl }))).Messages).toHaveLength(1)
  })

  it('returns the same queue again, and refuses other attributes for its name', async () => {
    const { QueueUrl } = await create('scratch', { DelaySeconds: '1' })
    expect((await create('scratch')).QueueUrl).toBe(QueueUrl)
    expect((await create('scratch', { DelaySeconds: '1' })).QueueUrl).toBe(QueueUrl)
    const other = create('scratch', { DelaySeconds: '2' })
    await expect(other).rejects.toBeInstanceOf(QueueNameExists)
    await expect(other).rejects.toMatchObject({
      Code: 'QueueAlreadyExists',
      message: 'A queue already exists with the same name and a different value for attribute DelaySeconds',
    })
  })

  it.each([
    ['a b', {}, 'InvalidParameterValue'],
    ['x'.repeat(81), {}, 'InvalidParameterValue'],
    ['fast.fifo', {}, 'InvalidParameterValue'],
    ['fast', { FifoQueue: 'true' }, 'InvalidParameterValue'],
    ['fast', { ContentBasedDeduplication: 'true' }, 'InvalidAttributeName'],
    ['fast.fifo', { FifoQueue: 'true', DeduplicationScope: 'all' }, 'InvalidAttributeValue'],
    ['fast.fifo', { FifoQueue: 'true', FifoThroughputLimit: 'perMessageGroupId' }, 'InvalidAttributeValue'],
    ['late', { DelaySeconds: '901' }, 'InvalidAttributeValue'],
    ['safe', { SqsManagedSseEnabled: 'maybe' }, 'InvalidAttributeValue'],
    ['open', { Policy: '{}' }, 'InvalidAttributeName'],
    ['inherited', { toString: 'x' }, 'InvalidAttributeName'],
  ])('refuses the name %s with %j by %s', async (name, attributes, Code) => {
    await expect(create(name, attributes as Record<string, string>)).rejects.toMatchObject({ Code })
    expect((await client.send(new ListQueuesCommand({}))).QueueUrls).toBeUndefined()
  })
})

describe('a redrive policy', () => {
  it.each([
    ['nonsense', 'Redrive policy is not a valid JSON map.'],
    ['[]', 'Redrive policy is not a valid JSON map.'],
    ['{"maxReceiveCount": 3}', 'Redrive policy does not contain mandatory attribute: deadLetterTargetArn.'],
    [`{"deadLetterTargetArn": "${ARN}dead"}`, 'Redrive policy does not contain mandatory attribute: maxReceiveCount.'],
    ['{"deadLetterTargetArn": "dummy", "maxReceiveCount": 42}', 'Invalid value for deadLetterTargetArn.'],
    [`{"deadLetterTargetArn": "${ARN}none", "maxReceiveCount": 3}`, 'Dead letter target does not exist.'],
    [`{"deadLetterTargetArn": "${ARN}jobs", "maxReceiveCount": 3}`, 'A queue cannot be its own dead-letter queue.'],
    [`{"deadLetterTargetArn": "${ARN}dead", "maxReceiveCount": 0}`, 'Invalid value for maxReceiveCount: 0, '],
    [`{"deadLetterTargetArn": "${ARN}dead", "maxReceiveCount": ""}`, 'Invalid value for maxReceiveCount: , '],
  ])('%s is refused: %s', async (RedrivePolicy, reason) => {
    await create('dead')
    await expect(create('jobs', { RedrivePolicy })).rejects.toMatchObject({ Code: 'InvalidParameterValue' })
    const { QueueUrl } = await create('jobs')
    const setting = client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy } }))
    await expect(setting).rejects.toMatchObject({
      Code: 'InvalidParameterValue',
      message: expect.stringMatching(/^Value .* for parameter RedrivePolicy is invalid\. Reason: /),
    })
    await expect(setting).rejects.toThrow(reason)
    expect(await attributesOf(QueueUrl)).not.toHaveProperty('RedrivePolicy')
  })

  it('can be set and removed, with its count as a text or a number', async () => {
    await create('dead')
    const { QueueUrl } = await create('jobs', {
      RedrivePolicy: `{"deadLetterTargetArn": "${ARN}dead", "maxReceiveCount": "3"}`,
    })
    expect(JSON.parse((await attributesOf(QueueUrl))['RedrivePolicy']!)).toEqual({
      deadLetterTargetArn: `${ARN}dead`,
      maxReceiveCount: 3,
    })
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy: '' } }))
    expect(await attributesOf(QueueUrl)).not.toHaveProperty('RedrivePolicy')
  })
})

describe('a queue of a call', () => {
  it('keeps what is set, and the time of the change', async () => {
    const { QueueUrl } = await create('scratch')
    const before = await attributesOf(QueueUrl)
    await clock.advance(5_000)
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { SqsManagedSseEnabled: 'false' } }))
    const after = await attributesOf(QueueUrl)
    expect(after).toMatchObject({
      SqsManagedSseEnabled: 'false',
      CreatedTimestamp: before['CreatedTimestamp'],
      LastModifiedTimestamp: String(Number(before['LastModifiedTimestamp']) + 5),
    })
    const fifo = client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { FifoQueue: 'true' } }))
    await expect(fifo).rejects.toMatchObject({ name: 'InvalidAttributeName' })
  })

  it('is tagged and untagged', async () => {
    const { QueueUrl } = await create('scratch')
    const tags = async () => (await client.send(new ListQueueTagsCommand({ QueueUrl }))).Tags
    expect(await tags()).toBeUndefined()
    await client.send(new TagQueueCommand({ QueueUrl, Tags: { tag1: 'value1', tag2: 'value2', tag3: '' } }))
    expect(await tags()).toEqual({ tag1: 'value1', tag2: 'value2', tag3: '' })
    await client.send(new UntagQueueCommand({ QueueUrl, TagKeys: ['tag1', 'tag3', 'none'] }))
    expect(await tags()).toEqual({ tag2: 'value2' })
    const reserved = client.send(new TagQueueCommand({ QueueUrl, Tags: { 'aws:x': '1' } }))
    await expect(reserved).rejects.toMatchObject({ Code: 'InvalidParameterValue' })
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`key${index}`, '']))
    await expect(client.send(new TagQueueCommand({ QueueUrl, Tags: many }))).rejects.toThrow('Too many tags')
  })

  it('is deleted with its messages, and a receive that waits there ends', async () => {
    const { QueueUrl } = await create('scratch')
    const waiting = [...cloud.sqs.queues()][0]!.receive({ maxMessages: 1, waitMs: 20_000 })
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'late', DelaySeconds: 900 }))
    await client.send(new DeleteQueueCommand({ QueueUrl }))
    expect(await waiting).toEqual([])
    const purging = client.send(new PurgeQueueCommand({ QueueUrl }))
    await expect(purging).rejects.toBeInstanceOf(QueueDoesNotExist)
    await create('scratch')
    expect(await attributesOf(QueueUrl)).toMatchObject({ ApproximateNumberOfMessagesDelayed: '0' })
  })

  it('leaves the messages of its sources alone when it was their dead-letter queue', async () => {
    const { QueueUrl: dead } = await create('dead')
    const RedrivePolicy = `{"deadLetterTargetArn": "${ARN}dead", "maxReceiveCount": 1}`
    const { QueueUrl } = await create('jobs', { RedrivePolicy })
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }))
    await client.send(new DeleteQueueCommand({ QueueUrl: dead }))
    // An update of the template checks the queues of the template alone.
    expect(() => cloud.sqs.check!()).not.toThrow()
    for (let receive = 1; receive <= 2; receive++) {
      const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }))
      expect(Messages).toHaveLength(1)
    }
  })
})

describe('with a data directory', () => {
  it('a queue of a call is there after a restart, with its attributes, tags and messages', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'jobwire-queues-'))
    const start = async () => {
      const started = await startSqs({ clock, dataDir })
      await started.sqs.start!()
      return { started, sdk: new SQSClient(clientSettings(started.endpoint)) }
    }
    const before = await start()
    const attributes = { DelaySeconds: '0', SqsManagedSseEnabled: 'false' }
    await before.sdk.send(new CreateQueueCommand({ QueueName: 'kept', Attributes: attributes, tags: { team: 'red' } }))
    await before.sdk.send(new CreateQueueCommand({ QueueName: 'deleted' }))
    await before.sdk.send(new SendMessageCommand({ QueueUrl: 'kept', MessageBody: 'a' }))
    await before.sdk.send(new DeleteQueueCommand({ QueueUrl: 'deleted' }))
    before.sdk.destroy()
    await before.started.close()

    const { started, sdk } = await start()
    expect((await sdk.send(new ListQueuesCommand({}))).QueueUrls).toEqual([`${started.endpoint}/000000000000/kept`])
    expect((await sdk.send(new ListQueueTagsCommand({ QueueUrl: 'kept' }))).Tags).toEqual({ team: 'red' })
    const shown = await sdk.send(new GetQueueAttributesCommand({ QueueUrl: 'kept', AttributeNames: ['All'] }))
    expect(shown.Attributes).toMatchObject({ ...attributes, ApproximateNumberOfMessages: '1' })
    sdk.destroy()
    await started.close()
    rmSync(dataDir, { recursive: true })
  })
})

it('shows the tags and the encryption of a template', async () => {
  const { ref: QueueUrl } = await cloud.makeQueue('Jobs', {
    SqsManagedSseEnabled: false,
    Tags: [{ Key: 'team', Value: 'red' }],
  })
  expect((await client.send(new ListQueueTagsCommand({ QueueUrl }))).Tags).toEqual({ team: 'red' })
  expect(await attributesOf(QueueUrl)).toMatchObject({ SqsManagedSseEnabled: 'false' })
})

describe('the permissions that a call needs', () => {
  const needs = (operation: string, input: Record<string, unknown>) =>
    cloud.sqs.api!.authorizations(awsCall('sqs', operation, { input }))

  it.each(['DeleteQueue', 'TagQueue', 'UntagQueue', 'ListQueueTags', 'ListDeadLetterSourceQueues'])(
    'are one at the queue for %s',
    (operation) => {
      expect(needs(operation, { QueueUrl: 'jobs' })).toEqual([
        { action: `sqs:${operation}`, resourceArn: `${ARN}jobs` },
      ])
    },
  )

  it('are one more for a queue that is made with tags', () => {
    expect(needs('CreateQueue', { QueueName: 'jobs' })).toEqual([
      { action: 'sqs:CreateQueue', resourceArn: `${ARN}jobs` },
    ])
    expect(needs('CreateQueue', { QueueName: 'jobs', tags: { team: 'red' } })).toEqual([
      { action: 'sqs:CreateQueue', resourceArn: `${ARN}jobs` },
      { action: 'sqs:TagQueue', resourceArn: `${ARN}jobs` },
    ])
  })

  it('are those of the receives, the deletes and the sends of a message move', async () => {
    await create('dead')
    const RedrivePolicy = `{"deadLetterTargetArn": "${ARN}dead", "maxReceiveCount": 1}`
    for (const name of ['jobs', 'mails']) await create(name, { RedrivePolicy })
    const atSource = (...actions: string[]) =>
      actions.map((action) => ({ action: `sqs:${action}`, resourceArn: `${ARN}dead` }))
    const reads = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes']
    const sends = (...names: string[]) =>
      names.map((name) => ({ action: 'sqs:SendMessage', resourceArn: `${ARN}${name}` }))
    expect(needs('StartMessageMoveTask', { SourceArn: `${ARN}dead` })).toEqual([
      ...atSource('StartMessageMoveTask', ...reads),
      ...sends('jobs', 'mails'),
    ])
    expect(needs('StartMessageMoveTask', { SourceArn: `${ARN}dead`, DestinationArn: `${ARN}other` })).toEqual([
      ...atSource('StartMessageMoveTask', ...reads),
      ...sends('other'),
    ])
    expect(needs('ListMessageMoveTasks', { SourceArn: `${ARN}dead` })).toEqual(
      atSource('ListMessageMoveTasks', ...reads),
    )
    const { TaskHandle } = await client.send(new StartMessageMoveTaskCommand({ SourceArn: `${ARN}dead` }))
    expect(needs('CancelMessageMoveTask', { TaskHandle })).toEqual(atSource('CancelMessageMoveTask'))
  })
})
