import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createRedelivery } from '../../../lambdas/aws/queue/redelivery.ts'
import type { PostponedMessage } from '../../../lambdas/domain/queue/redelivery.ts'
import { systemClock } from '../../../lambdas/entry/parts/system-clock.ts'
import { ManualClock } from '../../../local/clock.ts'
import { clientSettings, onCommand } from '../cloud/client-settings.ts'
import type { SqsEndpoint } from '../services/sqs/sqs-endpoint.ts'
import { startSqs } from '../services/sqs/sqs-endpoint.ts'

const VISIBILITY_S = 360

let clock: ManualClock
let sqs: SqsEndpoint
let client: SQSClient
let urls: Record<'default', Record<'critical' | 'high' | 'normal' | 'low', string>>
let requests: string[]
let warned: string[]

beforeEach(async () => {
  clock = new ManualClock()
  sqs = await startSqs({ clock })
  const make = async (name: string) => (await sqs.makeQueue(name, { VisibilityTimeout: VISIBILITY_S })).ref
  urls = {
    default: { critical: await make('c'), high: await make('h'), normal: await make('n'), low: await make('l') },
  }
  client = new SQSClient(clientSettings(sqs.endpoint))
  requests = []
  warned = []
  onCommand(client, (command) => requests.push(command))
})
afterEach(async () => {
  client.destroy()
  await sqs.close()
})

const redelivery = () =>
  createRedelivery({ client, urls, clock: systemClock, log: (_level, text) => void warned.push(text) })

async function receive(priority: 'normal' | 'high' = 'normal'): Promise<string[]> {
  const { Messages: messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: urls.default[priority], MaxNumberOfMessages: 10 }),
  )
  return messages.map(({ ReceiptHandle }) => ReceiptHandle!)
}

/** Sends messages and receives them, so that they are hidden for the queue's visibility timeout. */
async function inFlight(count: number, priority: 'normal' | 'high' = 'normal'): Promise<PostponedMessage[]> {
  const Entries = Array.from({ length: count }, (_, index) => ({ Id: String(index), MessageBody: `${index}` }))
  await client.send(new SendMessageBatchCommand({ QueueUrl: urls.default[priority], Entries }))
  const handles = await receive(priority)
  return handles.map((receiptHandle) => ({ receiptHandle, queue: 'default', priority, delayMs: 1_500 }))
}

describe('a message that is put back', () => {
  it('comes again after its delay, in whole seconds and never before', async () => {
    await redelivery().postpone(await inFlight(1))
    await clock.advance(1_999)
    expect(await receive()).toHaveLength(0)
    await clock.advance(1)
    expect(await receive()).toHaveLength(1)
  })

  it('with no delay comes at once', async () => {
    const [message] = await inFlight(1)
    await redelivery().postpone([{ ...message!, delayMs: 0 }])
    expect(await receive()).toHaveLength(1)
  })

  it('shares its call with those of its queue', async () => {
    const messages = [...(await inFlight(10)), ...(await inFlight(3, 'high'))]
    requests.length = 0
    await redelivery().postpone(messages)
    expect(requests).toEqual(Array.from({ length: 2 }, () => 'ChangeMessageVisibilityBatchCommand'))
    await clock.advance(2_000)
    expect([(await receive()).length, (await receive('high')).length]).toEqual([10, 3])
  })

  it('for longer than twelve hours comes as late as SQS takes it', async () => {
    const [message] = await inFlight(1)
    await redelivery().postpone([{ ...message!, delayMs: 30 * 3_600_000 }])
    expect(warned).toEqual([])
    await clock.advance(11 * 3_600_000)
    expect(await receive()).toHaveLength(0)
    await clock.advance(3_600_000)
    expect(await receive()).toHaveLength(1)
  })
})

describe('a message that cannot be put back', () => {
  it('because it was deleted meanwhile, holds nothing up', async () => {
    const [deleted, fresh] = await inFlight(2)
    await client.send(
      new DeleteMessageCommand({ QueueUrl: urls.default.normal, ReceiptHandle: deleted!.receiptHandle }),
    )
    await redelivery().postpone([deleted!, fresh!])
    expect(warned).toEqual([])
    await clock.advance(2_000)
    expect(await receive()).toHaveLength(1)
  })

  it('because SQS does not answer, comes after the visibility timeout', async () => {
    const messages = await inFlight(1)
    client.middlewareStack.add(
      (handle, { commandName }) =>
        (args) => {
          if (commandName === 'ChangeMessageVisibilityBatchCommand') throw new Error('connection lost')
          return handle(args)
        },
      { step: 'build' },
    )
    await redelivery().postpone(messages)
    expect(warned).toHaveLength(4)
    expect(warned.at(-1)).toContain('after the visibility timeout')
    await clock.advance(VISIBILITY_S * 1_000)
    expect(await receive()).toHaveLength(1)
  })

  it('because its queue is not ours, is left to the visibility timeout', async () => {
    const [message] = await inFlight(1)
    await redelivery().postpone([{ ...message!, queue: 'other' }])
    expect(warned).toHaveLength(1)
  })
})
