import {
  AddPermissionCommand,
  BatchEntryIdsNotDistinct,
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../../local/clock.ts'
import { awsCall } from '../../../support/aws-call.ts'
import { clientSettings } from '../../cloud/client-settings.ts'
import type { SqsEndpoint } from './sqs-endpoint.ts'
import { startSqs } from './sqs-endpoint.ts'

const MIB = 1024 * 1024

const clock = new ManualClock()
let cloud: SqsEndpoint
let client: SQSClient
let QueueUrl: string
let made = 0

beforeAll(async () => {
  cloud = await startSqs({ clock })
  client = new SQSClient(clientSettings(cloud.endpoint))
})

afterAll(async () => {
  client.destroy()
  await cloud.close()
})

beforeEach(async () => {
  QueueUrl = (await cloud.makeQueue(`Queue${++made}`)).ref
})

const receive = (input: Partial<ConstructorParameters<typeof ReceiveMessageCommand>[0]> = {}) =>
  client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...input }))

describe('a message', () => {
  it('comes back as it was sent, with digests that the SDK has checked', async () => {
    const MessageAttributes = {
      text: { DataType: 'String', StringValue: 'ä' },
      number: { DataType: 'Number.int', StringValue: '7' },
      bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255]) },
    }
    const sent = await client.send(
      new SendMessageCommand({ QueueUrl, MessageBody: 'hello ✓', MessageAttributes, MessageGroupId: 'tenant-1' }),
    )
    // Computed apart from the code under test, from AWS's description of the digest.
    expect(sent.MD5OfMessageAttributes).toBe('df4142c0360ff0e38a0f492f10b61de3')
    const { Messages } = await receive({ MessageSystemAttributeNames: ['All'], MessageAttributeNames: ['All'] })
    expect(Messages).toEqual([
      {
        MessageId: sent.MessageId,
        ReceiptHandle: expect.any(String),
        Body: 'hello ✓',
        MD5OfBody: sent.MD5OfMessageBody,
        MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
        MessageAttributes,
        Attributes: {
          ApproximateFirstReceiveTimestamp: String(clock.now()),
          ApproximateReceiveCount: '1',
          MessageGroupId: 'tenant-1',
          SenderId: '000000000000',
          SentTimestamp: String(clock.now()),
        },
      },
    ])
  })

  it('comes only with the attributes that were asked for', async () => {
    const attribute = { DataType: 'String', StringValue: 'x' }
    await client.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: 'a',
        MessageAttributes: { 'app.one': attribute, 'app.two': attribute, other: attribute },
      }),
    )
    const { Messages } = await receive({
      MessageAttributeNames: ['app.*'],
      MessageSystemAttributeNames: ['SentTimestamp'],
    })
    expect(Object.keys(Messages![0]!.MessageAttributes!)).toEqual(['app.one', 'app.two'])
    expect(Object.keys(Messages![0]!.Attributes!)).toEqual(['SentTimestamp'])
  })

  it('is pushed to a receive that waits', async () => {
    const waiting = receive({ WaitTimeSeconds: 20 })
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }))
    expect((await waiting).Messages).toHaveLength(1)
    expect((await receive()).Messages).toBeUndefined()
  })

  it('is not given to a caller that has hung up', async () => {
    const caller = new AbortController()
    const input = { QueueUrl, WaitTimeSeconds: 20 }
    const waiting = cloud.sqs.api!.handle(awsCall('sqs', 'ReceiveMessage', { input, hungUp: caller.signal }))
    caller.abort()
    expect((await waiting).body).toBe('{}')
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }))
    expect((await receive()).Messages).toHaveLength(1)
  })
})

describe('the attributes of a message', () => {
  const attribute = { DataType: 'String', StringValue: 'x' }
  const send = (MessageAttributes: SendMessageCommandInput['MessageAttributes']) =>
    client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a', MessageAttributes }))

  it.each([
    [['All'], ['General', 'Hello', 'Help.Me']],
    [['*'], ['General', 'Hello', 'Help.Me']],
    [['.*'], ['General', 'Hello', 'Help.Me']],
    [['Hel.*'], ['Hello', 'Help.Me']],
    [['Hello', 'None'], ['Hello']],
    [['AWS.', '..'], undefined],
  ])('come for %j as %j', async (MessageAttributeNames, names) => {
    await send({ General: attribute, Hello: attribute, 'Help.Me': attribute })
    const { Messages } = await receive({ MessageAttributeNames })
    const { MessageAttributes } = Messages![0]!
    expect(MessageAttributes && Object.keys(MessageAttributes)).toEqual(names)
  })

  it('may have names of other alphabets, but no control characters in their values', async () => {
    await send({ 'attr.1øßä': attribute })
    expect((await receive({ MessageAttributeNames: ['All'] })).Messages![0]!.MessageAttributes).toEqual({
      'attr.1øßä': attribute,
    })
    for (const StringValue of ['\u0008', 'a\u000B', '\uFFFF', '']) {
      const refused = send({ name: { DataType: 'String', StringValue } })
      await expect(refused).rejects.toMatchObject({ Code: 'InvalidParameterValue' })
    }
    await send({ name: { DataType: 'String', StringValue: '\t\r\n' } })
    for (const name of ['.a', 'a..b', 'aws.x', 'a b']) {
      await expect(send({ [name]: attribute })).rejects.toMatchObject({ Code: 'InvalidParameterValue' })
    }
  })

  it('include the trace of the call, unless the message has its own', async () => {
    const [trace, own] = [
      'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1',
      'Root=1-5e3d83c1-e6a0db584850d61342823d4c',
    ]
    const traced = new SQSClient(clientSettings(cloud.endpoint))
    traced.middlewareStack.add(
      (next) => (args) => {
        Object.assign((args.request as { headers: object }).headers, { 'X-Amzn-Trace-Id': trace })
        return next(args)
      },
      { step: 'build' },
    )
    const AWSTraceHeader = { DataType: 'String', StringValue: own }
    await traced.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }))
    await traced.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries(1, 'b') }))
    const sent = await traced.send(
      new SendMessageCommand({ QueueUrl, MessageBody: 'c', MessageSystemAttributes: { AWSTraceHeader } }),
    )
    expect(sent.MD5OfMessageSystemAttributes).toMatch(/^[0-9a-f]{32}$/)
    const { Messages } = await receive({ MessageSystemAttributeNames: ['AWSTraceHeader'] })
    expect(Messages!.map(({ Attributes }) => Attributes?.AWSTraceHeader)).toEqual([trace, trace, own])
    traced.destroy()
  })
})

describe('batches', () => {
  it('send, change and delete up to ten, and say which entry was wrong', async () => {
    const { Successful, Failed } = await client.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: 'good', MessageBody: 'a' },
          { Id: 'late', MessageBody: 'b', DelaySeconds: 901 },
          { Id: 'control', MessageBody: '\u0001' },
        ],
      }),
    )
    expect(Successful?.map(({ Id }) => Id)).toEqual(['good'])
    expect(Failed).toMatchObject([
      { Id: 'late', SenderFault: true, Code: 'InvalidParameterValue' },
      { Id: 'control', SenderFault: true, Code: 'InvalidMessageContents' },
    ])
    const { Messages } = await receive()
    const ReceiptHandle = Messages![0]!.ReceiptHandle!
    const changed = await client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl,
        Entries: [
          { Id: 'a', ReceiptHandle, VisibilityTimeout: 60 },
          { Id: 'b', ReceiptHandle: 'nonsense', VisibilityTimeout: 60 },
        ],
      }),
    )
    expect(changed).toMatchObject({ Successful: [{ Id: 'a' }], Failed: [{ Id: 'b', Code: 'ReceiptHandleIsInvalid' }] })
    const deleted = await client.send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: 'a', ReceiptHandle },
          { Id: 'b', ReceiptHandle: 'nonsense' },
        ],
      }),
    )
    expect(deleted).toMatchObject({ Successful: [{ Id: 'a' }], Failed: [{ Id: 'b', Code: 'ReceiptHandleIsInvalid' }] })
  })

  it.each([
    ['AWS.SimpleQueueService.EmptyBatchRequest', 'no entry', []],
    ['AWS.SimpleQueueService.TooManyEntriesInBatchRequest', 'eleven entries', entries(11)],
    ['AWS.SimpleQueueService.InvalidBatchEntryId', 'an empty id', [{ Id: '', MessageBody: 'a' }]],
    ['AWS.SimpleQueueService.InvalidBatchEntryId', 'a space in an id', [{ Id: 'not allowed', MessageBody: 'a' }]],
    ['AWS.SimpleQueueService.BatchRequestTooLong', 'more than 1 MiB', entries(10, 'x'.repeat(MIB / 10 + 1))],
  ])('are refused whole with %s for %s', async (Code, _what, Entries) => {
    await expect(client.send(new SendMessageBatchCommand({ QueueUrl, Entries }))).rejects.toMatchObject({ Code })
    expect((await receive()).Messages).toBeUndefined()
  })

  it('are refused with the SDK’s own error class for an id that comes twice', async () => {
    const Entries = [...entries(1), ...entries(1)]
    const sending = client.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
    await expect(sending).rejects.toBeInstanceOf(BatchEntryIdsNotDistinct)
  })

  it('may carry 1 MiB in all, and so may one message', async () => {
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x'.repeat(MIB) }))
    await client.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries(8, 'x'.repeat(MIB / 8)) }))
    const { Messages } = await receive()
    expect(Messages).toHaveLength(9)
  })
})

describe('a call that AWS refuses', () => {
  it.each([
    ['MissingParameter', 'an empty body', { MessageBody: '' }],
    ['InvalidParameterValue', 'more than 1 MiB', { MessageBody: 'x'.repeat(MIB + 1) }],
    ['InvalidParameterValue', 'a negative delay', { MessageBody: 'a', DelaySeconds: -1 }],
    ['InvalidParameterValue', 'a deduplication id', { MessageBody: 'a', MessageDeduplicationId: 'x' }],
    [
      'InvalidParameterValue',
      'an attribute of no type',
      { MessageBody: 'a', MessageAttributes: { a: { DataType: 'Text', StringValue: 'x' } } },
    ],
    ['InvalidMessageContents', 'a control character', { MessageBody: 'a\u0000' }],
  ])('gets %s for a message with %s', async (Code, _what, input) => {
    await expect(client.send(new SendMessageCommand({ QueueUrl, ...input }))).rejects.toMatchObject({ Code })
  })

  it.each([
    { MaxNumberOfMessages: 11 },
    { MaxNumberOfMessages: 0 },
    { WaitTimeSeconds: 21 },
    { VisibilityTimeout: 43_201 },
  ])('gets InvalidParameterValue for a receive with %j', async (input) => {
    await expect(receive(input)).rejects.toMatchObject({ Code: 'InvalidParameterValue' })
  })

  it('gets the code for an invalid receipt and for one of a message that is gone', async () => {
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }))
    const { Messages } = await receive({ VisibilityTimeout: 0 })
    const ReceiptHandle = Messages![0]!.ReceiptHandle
    const change = (handle = ReceiptHandle) =>
      client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: handle, VisibilityTimeout: 1 }))
    await expect(change('nonsense')).rejects.toMatchObject({ name: 'ReceiptHandleIsInvalid' })
    // As on AWS, this does nothing to a message that is visible again.
    await change()
    const [again] = (await receive()).Messages!
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: again!.ReceiptHandle }))
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: again!.ReceiptHandle }))
    await expect(change()).rejects.toMatchObject({ Code: 'InvalidParameterValue' })
  })

  it('gets QueueDoesNotExist as the SDK’s class, and with the older code in the header', async () => {
    const error = await client.send(new GetQueueUrlCommand({ QueueName: 'None' })).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(QueueDoesNotExist)
    expect(error).toMatchObject({ Code: 'AWS.SimpleQueueService.NonExistentQueue', Type: 'Sender' })
    const sending = client.send(new SendMessageCommand({ QueueUrl: `${QueueUrl}x`, MessageBody: 'a' }))
    await expect(sending).rejects.toBeInstanceOf(QueueDoesNotExist)
  })

  it('gets an error that names what the local cloud does not implement', async () => {
    const adding = client.send(
      new AddPermissionCommand({ QueueUrl, Label: 'x', AWSAccountIds: ['000000000000'], Actions: ['*'] }),
    )
    await expect(adding).rejects.toThrow('operation AddPermission')
  })
})

describe('queues', () => {
  it('are found by name and listed by prefix, in pages', async () => {
    await cloud.makeQueue('PageA')
    await cloud.makeQueue('PageB')
    expect((await client.send(new GetQueueUrlCommand({ QueueName: 'PageA' }))).QueueUrl).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/000000000000\/PageA$/,
    )
    const first = await client.send(new ListQueuesCommand({ QueueNamePrefix: 'Page', MaxResults: 1 }))
    const NextToken = first.NextToken
    const second = await client.send(new ListQueuesCommand({ QueueNamePrefix: 'Page', MaxResults: 1, NextToken }))
    expect([...first.QueueUrls!, ...second.QueueUrls!].map((url) => url.split('/').at(-1))).toEqual(['PageA', 'PageB'])
    expect(second.NextToken).toBeUndefined()
  })

  it('are also found by their bare name in the place of the URL', async () => {
    await client.send(new SendMessageCommand({ QueueUrl: `Queue${made}`, MessageBody: 'a' }))
    expect((await receive()).Messages).toHaveLength(1)
    const sending = client.send(new SendMessageCommand({ QueueUrl: 'None', MessageBody: 'a' }))
    await expect(sending).rejects.toBeInstanceOf(QueueDoesNotExist)
  })

  it('show and change their attributes', async () => {
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }))
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'b', DelaySeconds: 5 }))
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '7' } }))
    const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesDelayed: '1',
      ApproximateNumberOfMessagesNotVisible: '0',
      MaximumMessageSize: '1048576',
      VisibilityTimeout: '7',
      QueueArn: `arn:aws:sqs:us-east-1:000000000000:Queue${made}`,
    })
    const AttributeNames = ['Nonsense' as 'All']
    await expect(client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }))).rejects.toMatchObject({
      name: 'InvalidAttributeName',
    })
  })

  it('are purged once a minute', async () => {
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }))
    await client.send(new PurgeQueueCommand({ QueueUrl }))
    expect((await receive()).Messages).toBeUndefined()
    await expect(client.send(new PurgeQueueCommand({ QueueUrl }))).rejects.toMatchObject({
      name: 'PurgeQueueInProgress',
    })
  })
})

describe('a template', () => {
  const resources = () => cloud.sqs.resources

  it.each([
    [{ Unheard: 'x' }, 'Unheard'],
    [{ FifoQueue: true, QueueName: 'jobs' }, 'that of a FIFO queue ends with .fifo'],
    [{ QueueName: 'jobs.fifo' }, 'that of a FIFO queue ends with .fifo'],
    [{ VisibilityTimeout: 43_201 }, 'VisibilityTimeout'],
    [{ RedrivePolicy: { deadLetterTargetArn: 'arn:x', maxReceiveCount: 0 } }, 'maxReceiveCount'],
  ])('is refused with %j', async (properties, message) => {
    await expect(cloud.makeQueue('Refused', properties)).rejects.toThrow(message)
  })

  it('may have the policy of enforceSSL and no other', () => {
    const statement = { Effect: 'Deny', Action: 'sqs:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }
    const make = (Statement: object[]) =>
      resources()['AWS::SQS::QueuePolicy']!({
        logicalId: 'Policy',
        type: 'AWS::SQS::QueuePolicy',
        properties: { Queues: [QueueUrl], PolicyDocument: { Statement } },
      })
    expect(make([statement])).toMatchObject({ ref: 'Policy' })
    expect(() => make([statement, { Effect: 'Allow', Action: 'sqs:*' }])).toThrow('enforceSSL')
  })
})

it('bills one request for each 64 KB of a call', async () => {
  const billed = () => cloud.context.meter.lines().find(({ unit }) => unit === 'sqsRequest')!.quantity
  await receive()
  const before = billed()
  await client.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries(10, 'x'.repeat(10_000)) }))
  expect(billed() - before).toBe(2)
  await receive()
  expect(billed() - before).toBe(4)
})

function entries(count: number, MessageBody = 'a'): { Id: string; MessageBody: string }[] {
  return Array.from({ length: count }, (_, index) => ({ Id: `entry-${index}`, MessageBody }))
}
