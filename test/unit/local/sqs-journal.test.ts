import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '../../../local/clock.ts'
import type { FileJournal } from '../../../local/services/sqs/journal.ts'
import { openJournal } from '../../../local/services/sqs/journal.ts'
import { Queue } from '../../../local/services/sqs/queue.ts'
import { defaultSettings } from '../../../local/services/sqs/queue-settings.ts'

const DEAD_ARN = 'arn:aws:sqs:us-east-1:000000000000:dead'

let clock: ManualClock
let dataDir: string
let file: string
const opened: FileJournal[] = []

beforeEach(() => {
  clock = new ManualClock()
  dataDir = mkdtempSync(join(tmpdir(), 'jobwire-queues-'))
  file = join(dataDir, 'queues.jsonl')
})

afterEach(() => {
  for (const journal of opened.splice(0)) journal.close()
  rmSync(dataDir, { recursive: true })
})

/** Opens the queues as a process does that starts now, after the one before was killed. */
function start(compactAfterBytes?: number): {
  readonly jobs: Queue
  readonly dead: Queue
  readonly journal: FileJournal
} {
  const queues: Queue[] = []
  const live = () => queues.flatMap((queue) => [...queue.snapshot()].map((message) => [queue.name, message] as const))
  const journal = openJournal(dataDir, live, compactAfterBytes)
  opened.push(journal)
  const make = (name: string): Queue =>
    new Queue({
      name,
      arn: `arn:aws:sqs:us-east-1:000000000000:${name}`,
      url: `http://127.0.0.1/000000000000/${name}`,
      clock,
      settings: { ...defaultSettings(), redrive: { deadLetterArn: DEAD_ARN, maxReceiveCount: 2 } },
      journal,
      restored: journal.takeRestored(name),
      queueByArn: (arn) => (arn === DEAD_ARN ? dead : undefined),
    })
  const dead = make('dead')
  const jobs = make('jobs')
  queues.push(dead, jobs)
  return { jobs, dead, journal }
}

describe('after a kill', () => {
  it('has every message that was not deleted, whole', async () => {
    const before = start().jobs
    const attributes = { kind: { DataType: 'String', StringValue: 'x' } }
    before.send([
      { body: 'deleted', senderId: 'me' },
      { body: 'kept ✓', senderId: 'me', attributes, groupId: 'tenant', traceHeader: 'Root=1' },
    ])
    const [first] = await before.receive({ maxMessages: 1, waitMs: 0 })
    before.delete(first!.receiptHandle)
    const after = await start().jobs.receive({ maxMessages: 10, waitMs: 0 })
    expect(after).toMatchObject([
      { body: 'kept ✓', attributes, groupId: 'tenant', traceHeader: 'Root=1', receives: 1, sentAt: clock.now() },
    ])
  })

  it('respects delays and the visibility of receivers outside, whose receipts stay good', async () => {
    const before = start().jobs
    before.send([
      { body: 'held', senderId: 'me' },
      { body: 'late', senderId: 'me', delayMs: 60_000 },
    ])
    const [held] = await before.receive({ maxMessages: 1, waitMs: 0 })
    before.changeVisibility([{ receiptHandle: held!.receiptHandle, timeoutMs: 100_000 }])
    const { jobs } = start()
    expect(jobs.counts()).toEqual({ visible: 0, delayed: 1, inFlight: 1 })
    await clock.advance(60_000)
    expect(jobs.counts()).toEqual({ visible: 1, delayed: 0, inFlight: 1 })
    jobs.delete(held!.receiptHandle)
    expect(jobs.counts()).toEqual({ visible: 1, delayed: 0, inFlight: 0 })
  })

  it('shows messages at once that a receiver inside the process held, with their receives counted', async () => {
    const before = start().jobs
    before.send([{ body: 'held', senderId: 'me' }])
    await before.receive({ maxMessages: 1, waitMs: 0, heldHere: true })
    const [message] = await start().jobs.receive({ maxMessages: 1, waitMs: 0 })
    expect(message).toMatchObject({ body: 'held', receives: 2 })
  })

  it('has a moved message in the dead-letter queue only, and no purged message', async () => {
    const before = start().jobs
    before.send([{ body: 'poison', senderId: 'me' }])
    for (let receive = 1; receive <= 3; receive++) {
      await before.receive({ maxMessages: 1, waitMs: 0, visibilityTimeoutMs: 0 })
    }
    const after = start()
    expect(after.jobs.counts().visible).toBe(0)
    const [message] = await after.dead.receive({ maxMessages: 1, waitMs: 0 })
    expect(message).toMatchObject({ body: 'poison', receives: 3, deadLetterSourceArn: after.jobs.arn })
    after.dead.purge()
    expect(start().dead.counts()).toEqual({ visible: 0, delayed: 0, inFlight: 0 })
  })

  it('drops a line that the kill cut off, and goes on after it', async () => {
    start().jobs.send([{ body: 'whole', senderId: 'me' }])
    appendFileSync(file, '["sent","jobs",{"id":"torn')
    const { jobs } = start()
    expect(jobs.counts().visible).toBe(1)
    jobs.send([{ body: 'next', senderId: 'me' }])
    expect(start().jobs.counts().visible).toBe(2)
  })

  it('reads lines that are longer than one read', async () => {
    const bodies = ['✓', 'ä', 'x'].map((character) => character.repeat(500_000))
    start().jobs.send(bodies.map((body) => ({ body, senderId: 'me' })))
    const messages = await start().jobs.receive({ maxMessages: 10, waitMs: 0 })
    expect(messages.map(({ body }) => body)).toEqual(bodies)
  })

  it('drops messages that expired while nothing ran', async () => {
    start().jobs.send([{ body: 'old', senderId: 'me' }])
    await clock.advance(4 * 24 * 60 * 60 * 1000)
    expect(start().jobs.counts().visible).toBe(0)
  })
})

it('names the line of a file that something else changed', () => {
  start().jobs.send([{ body: 'a', senderId: 'me' }])
  appendFileSync(file, 'not ours\n')
  expect(start).toThrow(/queues\.jsonl: line 2 cannot be read.*delete it/)
})

it('is compacted at the start, and forgets queues that the stack no longer has', async () => {
  const before = start()
  before.jobs.send(Array.from({ length: 10 }, (_, index) => ({ body: `${index}`, senderId: 'me' })))
  const received = await before.jobs.receive({ maxMessages: 9, waitMs: 0 })
  before.jobs.delete(...received.map(({ receiptHandle }) => receiptHandle))
  before.journal.append(['sent', 'gone', { ...received[0]!, visibleAt: 0 }])
  start().journal.dropUnclaimed()
  start()
  expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(1)
})

describe('while it runs', () => {
  it('is rewritten from the live messages before it grows long, with the same content', async () => {
    const { jobs } = start(4_000)
    const body = 'x'.repeat(200)
    jobs.send([{ body: 'outside', senderId: 'me' }])
    const [outside] = await jobs.receive({ maxMessages: 1, waitMs: 0 })
    jobs.send([{ body: 'inside', senderId: 'me' }])
    await jobs.receive({ maxMessages: 1, waitMs: 0, heldHere: true })
    jobs.send([{ body: 'late', senderId: 'me', delayMs: 60_000 }])
    jobs.send([{ body: 'delayed inside', senderId: 'me' }])
    const [put] = await jobs.receive({ maxMessages: 1, waitMs: 0, heldHere: true })
    jobs.changeVisibility([{ receiptHandle: put!.receiptHandle, timeoutMs: 90_000 }])
    for (let round = 0; round < 100; round++) {
      jobs.send([{ body, senderId: 'me' }])
      const [message] = await jobs.receive({ maxMessages: 1, waitMs: 0 })
      expect(message).toMatchObject({ body, receives: 1 })
      jobs.delete(message!.receiptHandle)
    }
    expect(statSync(file).size).toBeLessThan(10_000)

    const after = start().jobs
    expect(after.counts()).toEqual({ visible: 1, delayed: 1, inFlight: 2 })
    expect(await after.receive({ maxMessages: 10, waitMs: 0 })).toMatchObject([{ body: 'inside', receives: 2 }])
    after.delete(outside!.receiptHandle)
    expect(after.counts()).toEqual({ visible: 0, delayed: 1, inFlight: 2 })
  })

  it('fails a receive that could not be written to the journal', async () => {
    const { jobs, journal } = start()
    jobs.send([{ body: 'kept', senderId: 'me' }])
    const append = journal.append.bind(journal)
    journal.append = () => {
      throw new Error('no space left on device')
    }
    expect(() => jobs.send([{ body: 'refused', senderId: 'me' }])).toThrow('no space left')
    expect(() => jobs.receive({ maxMessages: 1, waitMs: 0 })).toThrow('no space left')
    journal.append = append
    expect(await jobs.receive({ maxMessages: 10, waitMs: 0 })).toMatchObject([{ body: 'kept', receives: 1 }])
  })

  it('changes no visibility that could not be written', async () => {
    const { jobs, journal } = start()
    jobs.send([{ body: 'kept', senderId: 'me' }])
    const [message] = await jobs.receive({ maxMessages: 1, waitMs: 0 })
    const append = journal.append.bind(journal)
    journal.append = () => {
      throw new Error('no space left on device')
    }
    const change = { receiptHandle: message!.receiptHandle, timeoutMs: 0 }
    expect(() => jobs.changeVisibility([change])).toThrow('no space left')
    journal.append = append
    expect(jobs.counts()).toEqual({ visible: 0, delayed: 0, inFlight: 1 })
  })

  it('fails the receiver that waits, and nobody else, if nothing could be written', async () => {
    const { jobs, journal } = start()
    jobs.send([{ body: 'late', senderId: 'me', delayMs: 1_000 }])
    const waiting = jobs.receive({ maxMessages: 1, waitMs: 20_000 })
    const failure = waiting.catch((error: unknown) => error)
    const append = journal.append.bind(journal)
    journal.append = () => {
      throw new Error('no space left on device')
    }
    await clock.advance(1_000)
    expect(await failure).toMatchObject({ message: expect.stringContaining('no space left') })
    journal.append = append
    expect(await jobs.receive({ maxMessages: 1, waitMs: 0 })).toMatchObject([{ body: 'late', receives: 1 }])
  })
})
