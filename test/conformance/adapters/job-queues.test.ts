import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createJobQueues } from '../../../lambdas/aws/queue/job-queues.ts'
import type { JobQueue } from '../../../lambdas/domain/queue/job-queue.ts'
import { ManualClock } from '../../../local/clock.ts'
import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import { clientSettings } from '../cloud/client-settings.ts'
import type { SqsEndpoint } from '../services/sqs/sqs-endpoint.ts'
import { startSqs } from '../services/sqs/sqs-endpoint.ts'

const MINUTE = 60_000
const clock = new ManualClock()
let cloud: SqsEndpoint
let client: SQSClient
let jobs: JobQueue
let queueArn: string
const sent: number[] = []

beforeAll(async () => {
  cloud = await startSqs({ clock })
  client = new SQSClient(clientSettings(cloud.endpoint))
  client.middlewareStack.add(
    (handle, { commandName }) =>
      (args) => {
        if (commandName === SendMessageBatchCommand.name) {
          sent.push((args.input as SendMessageBatchCommand['input']).Entries!.length)
        }
        return handle(args)
      },
    { step: 'initialize' },
  )
  const queue = await cloud.makeQueue('Normal', { VisibilityTimeout: 43_200 })
  queueArn = queue.attributes['Arn'] as string
  const url = queue.ref
  const urls = { default: { critical: url, high: url, normal: url, low: url } }
  jobs = createJobQueues({ client, urls, clock, log: () => undefined })
})

afterAll(async () => {
  client.destroy()
  await cloud.close()
})

const message = (id: string): QueueMessage => ({
  v: 1,
  id,
  namespace: 'acme',
  task: 'echo',
  input: null,
  queue: 'default',
  priority: 'normal',
  createdAt: clock.now(),
  expiresAt: clock.now() + 3_600_000,
})

async function received(): Promise<string[]> {
  const messages = await cloud.sqs.queueByArn(queueArn).receive({ maxMessages: 10, waitMs: 0 })
  return messages.map(({ body }) => (JSON.parse(body) as QueueMessage).id).sort()
}

describe('the job queues', () => {
  it('send ten messages a call', async () => {
    const messages = Array.from({ length: 25 }, (_, index) => message(`m${index}`))
    expect(await jobs.send(messages, new Map())).toEqual([])
    expect(sent.sort((one, other) => one - other)).toEqual([5, 10, 10])
    for (const count of [10, 10, 5, 0]) expect(await received()).toHaveLength(count)
  })

  it('keep a delayed message from its worker until it is due, in one call with the others', async () => {
    sent.length = 0
    const [now, late, latest, past] = ['now', 'late', 'latest', 'past'].map(message) as [
      QueueMessage,
      QueueMessage,
      QueueMessage,
      QueueMessage,
    ]
    const due = new Map([
      [late, clock.now() + MINUTE + 1],
      [latest, clock.now() + 15 * MINUTE],
      [past, clock.now() - 1],
    ])
    expect(await jobs.send([now, late, latest, past], due)).toEqual([])
    expect(sent).toEqual([4])
    expect(await received()).toEqual(['now', 'past'])
    await clock.advance(MINUTE)
    expect(await received()).toEqual([])
    await clock.advance(1_000)
    expect(await received()).toEqual(['late'])
    await clock.advance(14 * MINUTE - 1_001)
    expect(await received()).toEqual([])
    await clock.advance(1)
    expect(await received()).toEqual(['latest'])
  })

  it('mark each message with its group', async () => {
    const messages = [message('one'), { ...message('two'), group: 'imports' }].map((each) => ({
      ...each,
      namespace: 'whose',
    }))
    expect(await jobs.send(messages, new Map())).toEqual([])
    const got = await cloud.sqs.queueByArn(queueArn).receive({ maxMessages: 10, waitMs: 0 })
    expect(got.map(({ groupId }) => groupId)).toEqual(['whose/~', 'whose/~'])
  })
})
