import { expect, it } from '@jest/globals'
import { ChangeMessageVisibilityBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { signRequest } from '../../../../lambdas/aws/batch/sign-request.ts'

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }

it("signs the vector post-vanilla of AWS's own test suite", () => {
  const now = new Date('2015-08-30T12:36:00Z')
  const request = { url: new URL('https://example.amazonaws.com/'), headers: {}, body: '' }
  const signed = signRequest(request, { service: 'service', region: 'us-east-1', credentials: CREDENTIALS, now })
  expect(signed['authorization']).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ' +
      'SignedHeaders=host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  )
})

/** A request of the AWS SDK, as it would have been sent. */
interface SentRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

it('signs a call as the AWS SDK does, session token and all', async () => {
  const credentials = { ...CREDENTIALS, sessionToken: 'a+session/token=' }
  let sent: SentRequest | undefined
  const client = new SQSClient({ region: 'eu-west-1', credentials, maxAttempts: 1 })
  client.middlewareStack.add(
    () => (input) => {
      sent = input.request as SentRequest
      throw new Error('captured')
    },
    { step: 'deserialize', priority: 'low' },
  )
  const entry = { Id: '0', ReceiptHandle: 'größe', VisibilityTimeout: 18 }
  const QueueUrl = 'https://sqs.eu-west-1.amazonaws.com/123456789012/jobs'
  await expect(client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: [entry] }))).rejects.toThrow(
    'captured',
  )
  const theirs = sent!.headers['authorization']!
  const names = /SignedHeaders=([^,]*)/.exec(theirs)![1]!.split(';')
  const now = new Date(sent!.headers['x-amz-date']!.replace(/(....)(..)(..T..)(..)(.*)/, '$1-$2-$3:$4:$5'))
  const ours = signRequest(
    {
      url: new URL('https://sqs.eu-west-1.amazonaws.com/'),
      headers: Object.fromEntries(names.map((name) => [name, sent!.headers[name]!])),
      body: sent!.body,
    },
    { service: 'sqs', region: 'eu-west-1', credentials, now },
  )
  expect(names).toContain('x-amz-security-token')
  expect(ours['authorization']).toBe(theirs)
})
