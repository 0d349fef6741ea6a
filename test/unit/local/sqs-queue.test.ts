import { beforeEach, describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../local/clock.ts'
import { Queue } from '../../../local/services/sqs/queue.ts'
import type { QueueSettings } from '../../../local/services/sqs/queue-settings.ts'
import { defaultSettings } from '../../../local/services/sqs/queue-settings.ts'

const DAY_MS = 24 * 60 * 60 * 1000

let clock: ManualClock
let queues: Map<string, Queue>

beforeEach(() => {
  clock = new ManualClock()
  queues = new Map()
})

function makeQueue(name: string, settings: Partial<QueueSettings> = {}): Queue {
  const queue = new Queue({
    name,
    arn: `arn:aws:sqs:us-east-1:000000000000:${name}`,
    url: `http://127.0.0.1/000000000000/${name}`,
    clock,
    settings: { ...defaultSettings(), ...settings },
    queueByArn: (arn) => queues.get(arn),
  })
  queues.set(queue.arn, queue)
  return queue
}

function send(queue: Queue, ...bodies: readonly string[]): void {
  queue.send(bodies.map((body) => ({ body, senderId: 'me' })))
}

async function receiveBodies(queue: Queue, maxMessages = 10): Promise<string[]> {
  return (await queue.receive({ maxMessages, waitMs: 0 })).map(({ body }) => body)
}

describe('visibility', () => {
  it('hides what was received until its timeout is over, and counts the receives', async () => {
    const queue = makeQueue('jobs')
    send(queue, 'a')
    const [first] = await queue.receive({ maxMessages: 1, waitMs: 0 })
    expect(first).toMatchObject({ body: 'a', receives: 1, firstReceivedAt: clock.now() })
    await clock.advance(29_999)
    expect(await receiveBodies(queue)).toEqual([])
    await clock.advance(1)
    const [second] = await queue.receive({ maxMessages: 1, waitMs: 0 })
    expect(second).toMatchObject({ receives: 2, firstReceivedAt: first!.firstReceivedAt })
    expect(first!.receives).toBe(1)
    expect(second!.receiptHandle).not.toBe(first!.receiptHandle)
  })

  it('can be shortened to nothing and lengthened up to twelve hours from the receive', async () => {
    const queue = makeQueue('jobs')
    send(queue, 'a')
    const [message] = await queue.receive({ maxMessages: 1, waitMs: 0 })
    const receiptHandle = message!.receiptHandle
    expect(queue.changeVisibility([{ receiptHandle, timeoutMs: 60_000 }])).toEqual([undefined])
    await clock.advance(59_999)
    expect(queue.counts()).toEqual({ visible: 0, delayed: 0, inFlight: 1 })
    const [refusal] = queue.changeVisibility([{ receiptHandle, timeoutMs: 43_200_000 }])
    expect(refusal?.message).toContain('Total VisibilityTimeout')
    expect(queue.changeVisibility([{ receiptHandle, timeoutMs: 0 }])).toEqual([undefined])
    expect(await receiveBodies(queue)).toEqual(['a'])
  })

  it('stays as it is if it is changed after its end, and can be changed by the handle of an earlier receive', async () => {
    const queue = makeQueue('jobs')
    send(queue, 'a')
    const [first] = await queue.receive({ maxMessages: 1, waitMs: 0 })
    await clock.advance(30_000)
    const change = (timeoutMs: number) => queue.changeVisibility([{ receiptHandle: first!.receiptHandle, timeoutMs }])
    expect(change(60_000)).toEqual([undefined])
    const [second] = await queue.receive({ maxMessages: 1, waitMs: 0 })
    expect(second).toBeDefined()
    expect(change(0)).toEqual([undefined])
    const [third] = await queue.receive({ maxMessages: 1, waitMs: 0 })
    expect(third!.receives).toBe(3)
    queue.delete(third!.receiptHandle)
    expect(change(0)[0]?.code).toBe('InvalidParameterValueException')
  })

  it('does not give one message twice to one receive with a timeout of nothing', async () => {
    const queue = makeQueue('jobs')
    send(queue, 'a')
    const receive = () => queue.receive({ maxMessages: 10, waitMs: 0, visibilityTimeoutMs: 0 })
    expect(await receive()).toHaveLength(1)
    expect(await receive()).toHaveLength(1)
  })
})

describe('delete', () => {
  it('accepts the latest receipt, even after its visibility timeout, and ignores an older one', async () => {
    const queue = makeQueue('jobs')
    send(queue, 'a')
    const [first] = await queue.receive({ maxMessages: 1, waitMs: 0 })
    await clock.advance(30_000)
    const [second] = await queue.receive({ maxMessages: 1, waitMs: 0 })
    queue.delete(first!.receiptHandle)
    expect(queue.counts().inFlight).toBe(1)
    await clock.advance(30_000)
    expect(queue.counts().visible).toBe(1)
    queue.delete(second!.receiptHandle, second!.receiptHandle)
    expect(queue.counts()).toEqual({ visible: 0, delayed: 0, inFlight: 0 })
    queue.delete(second!.receiptHandle)
  })

  it('refuses a text that is no receipt of this queue', async () => {
    const [one, other] = [makeQueue('one'), makeQueue('other')]
    send(other, 'a')
    const [message] = await other.receive({ maxMessages: 1, waitMs: 0 })
    expect(() => one.delete(message!.receiptHandle)).toThrow('not a valid receipt handle')
    expect(() => one.delete('nonsense')).toThrow('not a valid receipt handle')
  })
})

describe('delay and retention', () => {
  it('holds a message back for its own delay, or else for the delay of the queue', async () => {
    const queue = makeQueue('jobs', { delayMs: 10_000 })
    queue.send([
      { body: 'by queue', senderId: 'me' },
      { body: 'at once', senderId: 'me', delayMs: 0 },
      { body: 'late', senderId: 'me', delayMs: 900_000 },
    ])
    expect(queue.counts()).toEqual({ visible: 1, delayed: 2, inFlight: 0 })
    expect(await receiveBodies(queue)).toEqual(['at once'])
    await clock.advance(10_000)
    expect(await receiveBodies(queue)).toEqual(['by queue'])
    await clock.advance(890_000)
    expect(await receiveBodies(queue)).toContain('late')
  })

  it('drops a message when its time is up, wherever it is', async () => {
    const queue = makeQueue('jobs')
    send(queue, 'received', 'left')
    const [message] = await queue.receive({ maxMessages: 1, waitMs: 0, visibilityTimeoutMs: 43_200_000 })
    await clock.advance(4 * DAY_MS - 1)
    queue.changeVisibility([{ receiptHandle: message!.receiptHandle, timeoutMs: 0 }])
    send(queue, 'young')
    expect(queue.counts().visible).toBe(3)
    await clock.advance(1)
    expect(await receiveBodies(queue)).toEqual(['young'])
  })
})

describe('redrive', () => {
  it('moves a message to the dead-letter queue at the receive after its last', async () => {
    const dead = makeQueue('dead')
    const queue = makeQueue('jobs', { redrive: { deadLetterArn: dead.arn, maxReceiveCount: 2 } })
    send(queue, 'poison')
    for (let receive = 1; receive <= 2; receive++) {
      expect(await receiveBodies(queue)).toEqual(['poison'])
      await clock.advance(30_000)
    }
    expect(dead.counts().visible).toBe(0)
    expect(await receiveBodies(queue)).toEqual([])
    const [message] = await dead.receive({ maxMessages: 1, waitMs: 0 })
    expect(message).toMatchObject({ body: 'poison', receives: 3, deadLetterSourceArn: queue.arn })
    expect(message!.sentAt).toBe(clock.now() - 60_000)
    expect(queue.counts()).toEqual({ visible: 0, delayed: 0, inFlight: 0 })
  })

  it('wakes a receive that waits at the dead-letter queue, because another waits at the queue', async () => {
    const dead = makeQueue('dead')
    const queue = makeQueue('jobs', { redrive: { deadLetterArn: dead.arn, maxReceiveCount: 1 } })
    send(queue, 'poison')
    await receiveBodies(queue)
    const waitingHere = queue.receive({ maxMessages: 1, waitMs: 60_000 })
    const waitingThere = dead.receive({ maxMessages: 1, waitMs: 60_000 })
    await clock.advance(30_000)
    expect(await waitingThere).toMatchObject([{ body: 'poison' }])
    await clock.advance(30_000)
    expect(await waitingHere).toEqual([])
  })
})

describe('long polling', () => {
  it('answers as soon as a message is sent, the longest waiting first', async () => {
    const queue = makeQueue('jobs')
    const first = queue.receive({ maxMessages: 1, waitMs: 20_000 })
    const second = queue.receive({ maxMessages: 1, waitMs: 20_000 })
    send(queue, 'a')
    expect(await first).toMatchObject([{ body: 'a' }])
    send(queue, 'b')
    expect(await second).toMatchObject([{ body: 'b' }])
  })

  it('answers when a hidden message becomes visible, without anybody asking', async () => {
    const queue = makeQueue('jobs')
    queue.send([{ body: 'late', senderId: 'me', delayMs: 5_000 }])
    const waiting = queue.receive({ maxMessages: 1, waitMs: 20_000 })
    await clock.advance(5_000)
    expect(await waiting).toMatchObject([{ body: 'late' }])
  })

  it('returns nothing when the wait is over, is aborted or the queue closes', async () => {
    const queue = makeQueue('jobs')
    const abort = new AbortController()
    const answers = Promise.all([
      queue.receive({ maxMessages: 1, waitMs: 1_000 }),
      queue.receive({ maxMessages: 1, waitMs: 20_000, signal: abort.signal }),
      queue.receive({ maxMessages: 1, waitMs: 20_000, signal: AbortSignal.abort() }),
      queue.receive({ maxMessages: 1, waitMs: 20_000 }),
    ])
    await clock.advance(1_000)
    abort.abort()
    queue.close()
    expect(await answers).toEqual([[], [], [], []])
    send(queue, 'a')
    expect(queue.counts().visible).toBe(1)
  })
})

describe('the limit of messages in flight', () => {
  it('fails a receive that does not wait; one that waits gets a message once another is deleted', async () => {
    const queue = makeQueue('jobs')
    const message = { body: 'x', senderId: 'me' }
    queue.send(Array.from({ length: 120_001 }, () => message))
    const held = await queue.receive({ maxMessages: 200_000, waitMs: 0 })
    expect(held).toHaveLength(120_000)
    await expect(queue.receive({ maxMessages: 1, waitMs: 0 })).rejects.toMatchObject({ code: 'OverLimit', status: 403 })
    const waiting = queue.receive({ maxMessages: 1, waitMs: 1_000 })
    queue.delete(held[0]!.receiptHandle)
    expect(await waiting).toHaveLength(1)
  })
})

it('purges all messages, even those in flight and delayed', async () => {
  const queue = makeQueue('jobs')
  send(queue, 'a', 'b')
  queue.send([{ body: 'late', senderId: 'me', delayMs: 5_000 }])
  const [message] = await queue.receive({ maxMessages: 1, waitMs: 0 })
  queue.purge()
  queue.delete(message!.receiptHandle)
  await clock.advance(60_000)
  expect(queue.counts()).toEqual({ visible: 0, delayed: 0, inFlight: 0 })
})
