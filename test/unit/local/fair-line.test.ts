import { beforeEach, describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../local/clock.ts'
import type { ReceivedMessage } from '../../../local/services/sqs/message.ts'
import { Queue } from '../../../local/services/sqs/queue.ts'
import { defaultSettings } from '../../../local/services/sqs/queue-settings.ts'

const MINUTE = 60_000

let clock: ManualClock
let queue: Queue
let sent: number

beforeEach(() => {
  clock = new ManualClock()
  sent = 0
  queue = new Queue({
    name: 'jobs',
    arn: 'arn:aws:sqs:us-east-1:000000000000:jobs',
    url: 'http://127.0.0.1/000000000000/jobs',
    clock,
    settings: { ...defaultSettings(), visibilityTimeoutMs: 60 * MINUTE },
  })
})

/** Sends messages whose bodies are numbered over all groups, in the order of sending. */
function send(count: number, groupId?: string): void {
  const message = () => ({ body: String(sent++), senderId: 'me', ...(groupId === undefined ? {} : { groupId }) })
  queue.send(Array.from({ length: count }, message))
}

async function take(count: number): Promise<ReceivedMessage[]> {
  const taken: ReceivedMessage[] = []
  while (taken.length < count) {
    const more = await queue.receive({ maxMessages: Math.min(10, count - taken.length), waitMs: 0 })
    if (more.length === 0) break
    taken.push(...more)
  }
  return taken
}

const groups = (messages: readonly ReceivedMessage[]) => messages.map(({ groupId }) => groupId)
const numbers = (messages: readonly ReceivedMessage[]) => messages.map(({ body }) => Number(body))
const remove = (messages: readonly ReceivedMessage[]) =>
  queue.delete(...messages.map(({ receiptHandle }) => receiptHandle))

describe('a message group', () => {
  it('waits its turn with all others while it has fewer than 30 messages in flight', async () => {
    send(40, 'flood')
    send(1, 'quiet')
    await take(29)
    expect(groups(await take(1))).toEqual(['flood'])
  })

  it('comes after the quiet ones once it has 30 messages and over a tenth of those in flight', async () => {
    send(50, 'flood')
    send(1, 'quiet')
    send(1)
    send(1, 'other')
    await take(30)
    // The quiet ones and one without a group in the order of sending, then the noisy group; none is lost.
    const rest = await take(100)
    expect(groups(rest.slice(0, 4))).toEqual(['quiet', undefined, 'other', 'flood'])
    expect(numbers(rest.slice(0, 3))).toEqual([50, 51, 52])
    expect(numbers(rest.slice(3))).toEqual(Array.from({ length: 20 }, (_, index) => 30 + index))
  })

  it('is not noisy with 30 messages if they are a tenth of those in flight, but is with one more', async () => {
    send(270)
    send(40, 'busy')
    send(1, 'quiet')
    await take(299)
    // The 300th is the 30th of the group: exactly a tenth.
    expect(groups(await take(2))).toEqual(['busy', 'busy'])
    expect(groups(await take(1))).toEqual(['quiet'])
  })

  it('is noisy as soon as messages of others are no longer in flight', async () => {
    send(270)
    const others = await take(270)
    send(40, 'busy')
    send(2, 'quiet')
    expect(groups(await take(30))).not.toContain('quiet')
    remove(others)
    expect(groups(await take(1))).toEqual(['quiet'])
  })

  it('stays noisy when fewer are in flight, until none of its messages waits', async () => {
    send(50, 'flood')
    const flight = await take(30)
    send(1, 'quiet')
    expect(groups(await take(1))).toEqual(['quiet'])
    remove(flight)
    send(1, 'quiet')
    expect(groups(await take(1))).toEqual(['quiet'])
    remove(await take(20))
    send(1, 'flood')
    send(1, 'quiet')
    expect(groups(await take(2))).toEqual(['flood', 'quiet'])
  })

  it('is quiet again when it has sent nothing for five minutes', async () => {
    send(50, 'flood')
    await take(30)
    send(1, 'quiet')
    expect(groups(await take(1))).toEqual(['quiet'])
    await clock.advance(2 * MINUTE)
    send(1, 'flood')
    await clock.advance(5 * MINUTE - 1)
    send(1, 'quiet')
    expect(groups(await take(2))).toEqual(['quiet', 'flood'])
    await clock.advance(1)
    send(1, 'quiet')
    expect(groups(await take(2))).toEqual(['flood', 'flood'])
  })

  it('is served first among the noisy ones if it has the fewest in flight', async () => {
    send(40, 'one')
    await take(35)
    send(40, 'two')
    await take(31)
    send(1, 'quiet')
    expect(groups(await take(2))).toEqual(['quiet', 'two'])
    // Each message makes the two more equal, and then they take turns.
    const next = groups(await Promise.all(Array.from({ length: 7 }, () => take(1))).then((taken) => taken.flat()))
    expect(next.slice(0, 3)).toEqual(['two', 'two', 'two'])
    expect(next.slice(3).filter((group) => group === 'one')).toHaveLength(2)
  })

  it('does not keep messages from coming again after their timeout, nor from a purge', async () => {
    send(35, 'flood')
    const [first] = await take(31)
    send(1, 'quiet')
    expect(queue.changeVisibility([{ receiptHandle: first!.receiptHandle, timeoutMs: 0 }])).toEqual([undefined])
    expect(numbers(await take(6))).toEqual([35, 31, 32, 33, 34, 0])
    expect(queue.counts()).toEqual({ visible: 0, delayed: 0, inFlight: 36 })
    queue.purge()
    expect(queue.counts()).toEqual({ visible: 0, delayed: 0, inFlight: 0 })
    send(1, 'flood')
    expect(groups(await take(1))).toEqual(['flood'])
  })
})

it('messages without a group are never noisy', async () => {
  send(50)
  send(1, 'quiet')
  expect(numbers(await take(51))).toEqual(Array.from({ length: 51 }, (_, index) => index))
})

// If each receive scanned the messages or groups, this would take minutes, longer than a test may.
it('a thousand groups and a hundred thousand messages take only moments', async () => {
  const GROUPS = 1_000
  for (let round = 0; round < 100; round++) {
    for (let group = 0; group < GROUPS; group++) send(1, `g${group}`)
  }
  for (let left = 100 * GROUPS; left > 0; left -= 10) remove(await take(10))
  expect(queue.counts()).toEqual({ visible: 0, delayed: 0, inFlight: 0 })
})
