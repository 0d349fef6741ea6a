import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../../local/clock.ts'
import type { CloudContext } from '../../../../local/context.ts'
import { createEventSourceMappings } from '../../../../local/services/event-source-mapping/service.ts'
import type { SqsRecord } from '../../../../local/services/event-source-mapping/sqs-event.ts'
import { FunctionThrottledError, type InvocationResult } from '../../../../local/services/function-invoker.ts'
import type { CreatedResource, LocalService } from '../../../../local/services/service.ts'
import type { Queue } from '../../../../local/services/sqs/queue.ts'
import { createSqs } from '../../../../local/services/sqs/service.ts'
import { cloudContext } from '../../cloud/cloud-context.ts'

const TIMEOUT_MS = 10_000
const VISIBILITY_MS = 60_000

type Handler = (records: readonly SqsRecord[]) => unknown

let clock: ManualClock
let context: CloudContext
let mappings: LocalService
let queue: Queue
let dead: Queue
let makeQueue: (logicalId: string, properties: Record<string, unknown>) => Promise<Queue>
let denied: string[]
/** The inputs of the function: the bodies of each batch. */
let batches: string[][]
let handler: Handler

beforeEach(async () => {
  clock = new ManualClock()
  denied = []
  batches = []
  handler = () => undefined
  context = cloudContext({ clock })
  const sqs = createSqs(context)
  makeQueue = async (logicalId, properties) => {
    const created = await sqs.resources['AWS::SQS::Queue']!({ logicalId, type: 'AWS::SQS::Queue', properties })
    return sqs.queueByArn(created.attributes['Arn']!)
  }
  dead = await makeQueue('Dead', {})
  queue = await makeQueue('Jobs', {
    VisibilityTimeout: VISIBILITY_MS / 1000,
    RedrivePolicy: { deadLetterTargetArn: dead.arn, maxReceiveCount: 2 },
  })
  mappings = createEventSourceMappings(context, {
    sqs,
    functions: {
      invoke: (_arn, payload) => invoke(payload),
      timeoutMs: () => TIMEOUT_MS,
      roleArn: () => 'arn:aws:iam::000000000000:role/worker',
      functionName: () => 'worker',
    },
    mayCall: (_role, action) => !denied.includes(action),
  })
})

afterEach(async () => {
  const closed = mappings.close!()
  await clock.advance(5_000)
  await closed
})

async function invoke(payload: string): Promise<InvocationResult> {
  const { Records } = JSON.parse(payload) as { Records: SqsRecord[] }
  batches.push(Records.map(({ body }) => body))
  const answer = await handler(Records)
  if (answer instanceof Error) {
    return { requestId: 'r', functionError: 'Unhandled', payload: JSON.stringify({ errorMessage: answer.message }) }
  }
  return { requestId: 'r', payload: answer === undefined ? 'null' : JSON.stringify(answer) }
}

function map(properties: Record<string, unknown> = {}, logicalId = 'Mapping'): CreatedResource {
  return mappings.resources['AWS::Lambda::EventSourceMapping']!({
    logicalId,
    type: 'AWS::Lambda::EventSourceMapping',
    properties: { EventSourceArn: queue.arn, FunctionName: 'worker', ...properties },
  }) as CreatedResource
}

async function start(properties: Record<string, unknown> = {}): Promise<void> {
  map(properties)
  mappings.check!()
  await mappings.start!()
}

function send(...bodies: readonly string[]): void {
  queue.send(bodies.map((body) => ({ body, senderId: 'me' })))
}

const isEmpty = { visible: 0, delayed: 0, inFlight: 0 }

it('takes the groups of a FIFO queue side by side, and each in order, past a failure', async () => {
  queue = await makeQueue('Orders', { FifoQueue: true, VisibilityTimeout: VISIBILITY_MS / 1000 })
  const seen: string[] = []
  let failures = 1
  handler = (records) => {
    seen.push(...records.map(({ body }) => body))
    return records.some(({ body }) => body === 'a2') && failures-- > 0 ? new Error('once') : undefined
  }
  const group = (groupId: string, ...bodies: string[]) =>
    bodies.map((body) => ({ body, senderId: 'me', groupId, deduplicationId: body }))
  queue.send([...group('a', 'a1', 'a2', 'a3'), ...group('b', 'b1', 'b2')])
  await start({ BatchSize: 1 })
  await clock.advance(VISIBILITY_MS - 1)
  expect(seen.filter((body) => body.startsWith('a'))).toEqual(['a1', 'a2'])
  expect(seen.filter((body) => body.startsWith('b'))).toEqual(['b1', 'b2'])
  await clock.advance(VISIBILITY_MS)
  expect(seen.filter((body) => body.startsWith('a'))).toEqual(['a1', 'a2', 'a2', 'a3'])
  expect(queue.counts()).toEqual(isEmpty)
})

describe('a batch', () => {
  it('reaches the function in the shape of AWS, and is deleted when it succeeds', async () => {
    let records: readonly SqsRecord[] = []
    handler = (received) => (records = received) && undefined
    await start()
    queue.send([
      { body: 'hello', senderId: 'me', groupId: 'tenant', attributes: { a: { DataType: 'String', StringValue: 'x' } } },
    ])
    await clock.advance(0)
    expect(records).toEqual([
      {
        messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        receiptHandle: expect.any(String),
        body: 'hello',
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: String(clock.now()),
          SenderId: 'me',
          ApproximateFirstReceiveTimestamp: String(clock.now()),
          MessageGroupId: 'tenant',
        },
        messageAttributes: { a: { stringValue: 'x', stringListValues: [], binaryListValues: [], dataType: 'String' } },
        md5OfBody: '5d41402abc4b2a76b9719d911017c592',
        md5OfMessageAttributes: expect.any(String),
        eventSource: 'aws:sqs',
        eventSourceARN: queue.arn,
        awsRegion: 'us-east-1',
      },
    ])
    expect(queue.counts()).toEqual(isEmpty)
  })

  it('comes back after the visibility timeout when the function fails, and is dead after its last receive', async () => {
    handler = () => new Error('boom')
    await start()
    send('poison')
    await clock.advance(VISIBILITY_MS - 1)
    expect(batches).toEqual([['poison']])
    await clock.advance(1)
    expect(batches).toEqual([['poison'], ['poison']])
    await clock.advance(VISIBILITY_MS)
    expect(batches).toHaveLength(2)
    expect(dead.counts().visible).toBe(1)
  })

  it('loses only messages that the function does not name', async () => {
    handler = (records) => ({
      batchItemFailures: records
        .filter(({ body }) => body === 'bad')
        .map(({ messageId }) => ({ itemIdentifier: messageId })),
    })
    await start({ FunctionResponseTypes: ['ReportBatchItemFailures'] })
    send('good', 'bad', 'fine')
    await clock.advance(0)
    expect(queue.counts()).toEqual({ ...isEmpty, inFlight: 1 })
    await clock.advance(VISIBILITY_MS)
    expect(batches).toEqual([['good', 'bad', 'fine'], ['bad']])
  })

  it('is kept whole if the function reports failures and its answer cannot be understood', async () => {
    handler = () => ({ batchItemFailures: [{ itemIdentifier: 'no message of mine' }] })
    await start({ FunctionResponseTypes: ['ReportBatchItemFailures'] })
    send('a', 'b')
    await clock.advance(0)
    expect(queue.counts().inFlight).toBe(2)
  })

  it('is deleted whatever the function returns, if it does not report failures', async () => {
    handler = () => ({ batchItemFailures: [{ itemIdentifier: 'no message of mine' }] })
    await start()
    send('a')
    await clock.advance(0)
    expect(queue.counts()).toEqual(isEmpty)
  })

  it('is split if its event would be over 6 MB', async () => {
    await start()
    send(...Array.from({ length: 8 }, () => 'x'.repeat(1024 * 1024 - 1)))
    await clock.advance(0)
    expect(batches.map((batch) => batch.length)).toEqual([5, 3])
    expect(queue.counts()).toEqual(isEmpty)
  })

  it('over ten is gathered within its window', async () => {
    await start({ BatchSize: 25, MaximumBatchingWindowInSeconds: 2 })
    send(...Array.from({ length: 12 }, () => 'x'))
    await clock.advance(1_000)
    expect(batches).toEqual([])
    send(...Array.from({ length: 8 }, () => 'x'))
    await clock.advance(1_000)
    expect(batches.map((batch) => batch.length)).toEqual([20])
    send(...Array.from({ length: 30 }, () => 'x'))
    await clock.advance(0)
    expect(batches.map((batch) => batch.length)).toEqual([20, 25])
  })
})

describe('a throttled function', () => {
  it('gets the same batch again after a backoff, without another receive', async () => {
    const counts: (string | undefined)[] = []
    handler = (records) => {
      counts.push(records[0]!.attributes['ApproximateReceiveCount'])
      if (counts.length < 3) throw new FunctionThrottledError('no environment is free')
      return undefined
    }
    await start()
    send('a')
    await clock.advance(199)
    expect(counts).toHaveLength(1)
    await clock.advance(1 + 400)
    expect(counts).toEqual(['1', '1', '1'])
    expect(queue.counts()).toEqual(isEmpty)
  })

  it('loses its messages to the dead-letter queue in the end: throttled receives count', async () => {
    handler = () => {
      throw new FunctionThrottledError('no environment is free')
    }
    await start()
    send('a')
    await clock.advance(3 * VISIBILITY_MS)
    expect(dead.counts().visible).toBe(1)
  })
})

describe('scaling', () => {
  it('adds workers while batches are being worked on, up to the concurrency of the mapping', async () => {
    const running: (() => void)[] = []
    handler = () => new Promise<void>((resolve) => running.push(resolve))
    await start({ BatchSize: 1, ScalingConfig: { MaximumConcurrency: 3 } })
    send('a', 'b', 'c', 'd', 'e')
    await clock.advance(0)
    expect(running).toHaveLength(3)
    running[0]!()
    await clock.advance(0)
    expect(running).toHaveLength(4)
    for (const finish of running.slice(1)) finish()
    await clock.advance(0)
    running[4]!()
    await clock.advance(0)
    expect(queue.counts()).toEqual(isEmpty)
  })

  it('polls with one long receive at a time while idle', async () => {
    await start()
    send('a')
    await clock.advance(0)
    const before = context.meter.lines()[0]!.quantity
    await clock.advance(200_000)
    expect(context.meter.lines()[0]!.quantity - before).toBe(10)
  })
})

it('bills its receives and deletes to the function', async () => {
  await start()
  send(...Array.from({ length: 10 }, () => 'x'))
  await clock.advance(0)
  // The receive that brought them, and the delete. The receive that now waits is counted when it ends.
  expect(context.meter.lines()).toMatchObject([{ unit: 'sqsRequest', by: 'worker', quantity: 2 }])
})

describe('closing', () => {
  it('waits for running batches, and receives no more', async () => {
    let finish = () => {}
    handler = () => new Promise<void>((resolve) => (finish = resolve))
    await start()
    send('a')
    await clock.advance(0)
    let closed = false
    const closing = mappings.close!().then(() => (closed = true))
    await clock.advance(1_000)
    expect(closed).toBe(false)
    finish()
    await closing
    send('b')
    await clock.advance(0)
    expect(batches).toEqual([['a']])
    expect(queue.counts()).toEqual({ ...isEmpty, visible: 1 })
  })

  it('gives up on a function that does not end', async () => {
    handler = () => new Promise<void>(() => {})
    await start()
    send('a')
    await clock.advance(0)
    const closing = mappings.close!()
    await clock.advance(5_000)
    await closing
    expect(queue.counts().inFlight).toBe(1)
  })
})

describe('a mapping is refused', () => {
  it.each(['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'])('without the role’s sqs:%s', async (action) => {
    denied = [`sqs:${action}`]
    await expect(start()).rejects.toThrow(
      `The function execution role does not have permissions to call ${action} on SQS. Grant`,
    )
  })

  it.each([
    [{ FilterCriteria: {} }, 'FilterCriteria'],
    [{ BatchSize: 11 }, 'Maximum batch window in seconds must be greater than 0'],
    [{ BatchSize: 10_001, MaximumBatchingWindowInSeconds: 1 }, 'BatchSize'],
    [{ ScalingConfig: { MaximumConcurrency: 1 } }, 'MaximumConcurrency'],
    [{ FunctionResponseTypes: ['Other'] }, 'FunctionResponseTypes'],
    [{ ParallelizationFactor: 2 }, 'ParallelizationFactor'],
    [{ EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:None' }, 'no queue'],
  ])('with %j', (properties, message) => {
    expect(() => map(properties)).toThrow(message)
  })

  it('if the queue’s visibility is shorter than the function’s timeout, or if the mapping exists already', () => {
    queue.configure({ visibilityTimeoutMs: TIMEOUT_MS - 1000 })
    map()
    expect(() => mappings.check!()).toThrow('visibility timeout: 9 seconds is less than Function timeout: 10 seconds')
    queue.configure({ visibilityTimeoutMs: TIMEOUT_MS })
    expect(() => mappings.check!()).not.toThrow()
    map({}, 'Another')
    expect(() => mappings.check!()).toThrow('already exists')
  })
})

it('is a stand-in if its source is a stream', () => {
  const created = map({ EventSourceArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/x' })
  expect(created.standIn?.reason).toBe('the local cloud reads no kinesis stream')
})

it('does not poll if it is not enabled', async () => {
  await start({ Enabled: false })
  send('a')
  await clock.advance(0)
  expect(queue.counts().visible).toBe(1)
})
