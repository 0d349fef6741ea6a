import { afterAll, beforeAll, expect, it } from '@jest/globals'
import type { SqsEndpoint } from './sqs-endpoint.ts'
import { startSqs } from './sqs-endpoint.ts'

/** Calls as botocore wrote them before November 2023, and as Debian's `awscli` still does. */

let cloud: SqsEndpoint
let QueueUrl: string

beforeAll(async () => {
  cloud = await startSqs()
  QueueUrl = (await cloud.makeQueue('Jobs', { VisibilityTimeout: 12 })).ref
})

afterAll(() => cloud.close())

async function call(Action: string, fields: Record<string, string> = {}): Promise<{ status: number; xml: string }> {
  const response = await fetch(cloud.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, Signature=x',
    },
    body: new URLSearchParams({ Action, Version: '2012-11-05', ...fields }).toString(),
  })
  return { status: response.status, xml: await response.text() }
}

function element(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
}

it('lists queues and shows their attributes', async () => {
  expect((await call('ListQueues')).xml).toContain(
    `<ListQueuesResult><QueueUrl>${QueueUrl}</QueueUrl></ListQueuesResult>`,
  )
  const { xml } = await call('GetQueueAttributes', { QueueUrl, 'AttributeName.1': 'VisibilityTimeout' })
  expect(xml).toContain('<Attribute><Name>VisibilityTimeout</Name><Value>12</Value></Attribute>')
})

it('sends, receives and deletes a message with its attributes', async () => {
  const sent = await call('SendMessage', {
    QueueUrl,
    MessageBody: '<a>&\r\n',
    DelaySeconds: '0',
    'MessageAttribute.1.Name': 'kind',
    'MessageAttribute.1.Value.DataType': 'String',
    'MessageAttribute.1.Value.StringValue': 'x',
  })
  const { xml } = await call('ReceiveMessage', {
    QueueUrl,
    MaxNumberOfMessages: '10',
    'AttributeName.1': 'ApproximateReceiveCount',
    'MessageAttributeName.1': 'All',
  })
  expect(element(xml, 'MessageId')).toBe(element(sent.xml, 'MessageId'))
  expect(element(xml, 'MD5OfMessageAttributes')).toBe(element(sent.xml, 'MD5OfMessageAttributes'))
  expect(xml).toContain('<Body>&lt;a&gt;&amp;&#xD;\n</Body>')
  expect(xml).toContain('<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute>')
  expect(xml).toContain(
    '<MessageAttribute><Name>kind</Name><Value><DataType>String</DataType><StringValue>x</StringValue></Value>',
  )
  const ReceiptHandle = element(xml, 'ReceiptHandle')!
  const deleted = await call('DeleteMessageBatch', {
    QueueUrl,
    'DeleteMessageBatchRequestEntry.1.Id': 'good',
    'DeleteMessageBatchRequestEntry.1.ReceiptHandle': ReceiptHandle,
    'DeleteMessageBatchRequestEntry.2.Id': 'bad',
    'DeleteMessageBatchRequestEntry.2.ReceiptHandle': 'nonsense',
  })
  expect(deleted.xml).toContain('<DeleteMessageBatchResultEntry><Id>good</Id></DeleteMessageBatchResultEntry>')
  expect(deleted.xml).toContain('<BatchResultErrorEntry><Id>bad</Id><SenderFault>true</SenderFault>')
})

it('returns errors in XML, for unknown calls too', async () => {
  const { status, xml } = await call('GetQueueUrl', { QueueName: 'None' })
  expect(status).toBe(400)
  expect(element(xml, 'Code')).toBe('AWS.SimpleQueueService.NonExistentQueue')
  expect(element((await call('AddPermission', { QueueUrl })).xml, 'Message')).toContain('operation AddPermission')
})

it('takes a list without elements for what it is', async () => {
  for (const name of ['AttributeNames', 'AttributeName', 'MessageAttributeNames', 'MessageSystemAttributeNames']) {
    expect((await call('ReceiveMessage', { QueueUrl, [name]: '' })).status).toBe(200)
  }
  for (const name of ['Entries', 'DeleteMessageBatchRequestEntry']) {
    const { xml } = await call('DeleteMessageBatch', { QueueUrl, [name]: '' })
    expect(element(xml, 'Code')).toBe('AWS.SimpleQueueService.EmptyBatchRequest')
  }
  const { xml } = await call('UntagQueue', { QueueUrl, TagKeys: '' })
  expect(element(xml, 'Code')).toBe('MissingParameter')
})

it('takes a request to the address of a queue, with the form in its body or in its query', async () => {
  const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, Signature=x' }
  const get = async (query: string) => (await fetch(`${QueueUrl}?${query}`, { headers })).text()
  expect(element(await get('Action=SendMessage&MessageBody=by%20address'), 'MessageId')).toMatch(/^[0-9a-f-]{36}$/)
  expect(element(await get('Action=ReceiveMessage'), 'Body')).toBe('by address')
  expect(await get('Action=GetQueueAttributes&AttributeName.1=QueueArn')).toContain(':Jobs</Value>')
  expect(element(await get('Action=SendMessage'), 'Message')).toBe(
    'The request must contain the parameter MessageBody.',
  )
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const posted = await fetch(QueueUrl, { method: 'POST', headers: { ...headers, ...form }, body: 'Action=PurgeQueue' })
  expect(posted.status).toBe(200)
  const elsewhere = await get('Action=GetQueueAttributes&QueueUrl=None&AttributeName.1=QueueArn')
  expect(element(elsewhere, 'Message')).toBe('The specified queue does not exist for this wsdl version.')
})

it('makes, tags and deletes a queue', async () => {
  const made = await call('CreateQueue', {
    QueueName: 'Scratch',
    'Attribute.1.Name': 'DelaySeconds',
    'Attribute.1.Value': '5',
    'Tag.1.Key': 'team',
    'Tag.1.Value': 'red',
  })
  const scratch = { QueueUrl: element(made.xml, 'QueueUrl')! }
  expect((await call('ListQueueTags', scratch)).xml).toContain('<Tag><Key>team</Key><Value>red</Value></Tag>')
  await call('TagQueue', { ...scratch, 'Tag.1.Key': 'cost', 'Tag.1.Value': '1' })
  await call('UntagQueue', { ...scratch, 'TagKey.1': 'team' })
  const { xml } = await call('ListQueueTags', scratch)
  expect(xml).toContain('<ListQueueTagsResult><Tag><Key>cost</Key><Value>1</Value></Tag></ListQueueTagsResult>')
  const sources = await call('ListDeadLetterSourceQueues', scratch)
  expect(sources.xml).toContain('<ListDeadLetterSourceQueuesResult></ListDeadLetterSourceQueuesResult>')
  await call('DeleteQueue', scratch)
  const gone = await call('GetQueueUrl', { QueueName: 'Scratch' })
  expect(element(gone.xml, 'Code')).toBe('AWS.SimpleQueueService.NonExistentQueue')
})

it('takes names that JavaScript objects inherit for what they are', async () => {
  for (const name of ['__proto__', 'constructor', 'toString']) {
    const sent = await call('SendMessage', {
      QueueUrl,
      MessageBody: name,
      [`${name}.1`]: 'ignored',
      'MessageAttribute.1.Name': name,
      'MessageAttribute.1.Value.DataType': 'String',
      'MessageAttribute.1.Value.StringValue': 'x',
    })
    expect(sent.status).toBe(200)
    const { xml } = await call('ReceiveMessage', { QueueUrl, 'MessageAttributeName.1': 'All' })
    expect(xml).toContain(`<MessageAttribute><Name>${name}</Name>`)
  }
})
