import { beforeEach, describe, expect, it } from '@jest/globals'
import type { SQSEvent } from 'aws-lambda'
import { makeWebhook } from '../../../../lambdas/domain/webhooks/make-webhook.ts'
import type { StoredJob } from '../../../../lambdas/domain/job/stored-job.ts'
import type { WebhookAnswer, WebhookRequest } from '../../../../lambdas/domain/webhooks/post-webhook.ts'
import { createWebhooksHandler } from '../../../../lambdas/handlers/webhooks/webhooks.ts'
import { ManualClock } from '../../../../local/clock.ts'
import { MAX_WEBHOOK_ATTEMPTS } from '../../../../protocol/kit/limits.ts'
import type { WebhookMessage } from '../../../../protocol/webhooks/webhook.ts'
import { verifyWebhook } from '../../../../sdk/src/webhook.ts'
import { MemoryDeliveries } from '../../fakes/memory-deliveries.ts'

const SECRETS = ['whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']
const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

let clock: ManualClock
let deliveries: MemoryDeliveries
let requests: WebhookRequest[]
let answers: WebhookAnswer[]
let answersAt: Record<string, WebhookAnswer>
let sent: WebhookMessage[]
/** Runs before messages are sent: throw to make it fail. */
let beforeSend: () => void
let items: number
let postponed: { receiptHandle: string; delayMs: number }[]
let logged: string[]

beforeEach(() => {
  clock = new ManualClock()
  deliveries = new MemoryDeliveries()
  requests = []
  answers = []
  answersAt = {}
  sent = []
  beforeSend = () => undefined
  items = 0
  postponed = []
  logged = []
})

function handlerWith(random = 0) {
  return createWebhooksHandler({
    deliveries,
    clock,
    random: () => random,
    secrets: async () => SECRETS,
    post: async (request) => {
      requests.push(request)
      await clock.advance(40)
      return answersAt[request.url] ?? answers.shift() ?? { status: 200 }
    },
    queue: {
      send: async (messages) => {
        beforeSend()
        sent.push(...messages)
        return []
      },
    },
    redelivery: { postpone: async (messages) => void postponed.push(...messages) },
    log: (level, text) => void logged.push(`${level} ${text}`),
  })
}

async function webhookOf(id = 'a', url = 'https://example.com/jobs'): Promise<WebhookMessage> {
  const job: StoredJob = {
    namespace: 'acme',
    id,
    createdAt: clock.now(),
    expiresAt: clock.now() + HOUR,
    state: { version: 2, status: 'success', attempts: 0, output: 7, finishedAt: clock.now() },
    watchers: [],
    watchRevision: 0,
    facts: { task: 'echo', priority: 'normal', queue: 'default', webhook: { url } },
  }
  return (await makeWebhook(job, clock.now()))!
}

function eventOf(...messages: (object | string)[]): SQSEvent {
  const Records = messages.map((message) => ({
    messageId: `item-${items}`,
    receiptHandle: `receipt-${items++}`,
    body: typeof message === 'string' ? message : JSON.stringify(message),
  }))
  return { Records } as unknown as SQSEvent
}

const idsOf = ({ batchItemFailures }: Awaited<ReturnType<ReturnType<typeof handlerWith>>>) =>
  batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)

describe('a webhook that arrives', () => {
  it('is signed with each secret, and logged', async () => {
    const message = await webhookOf()
    const at = clock.now()
    expect(idsOf(await handlerWith()(eventOf(message)))).toEqual([])
    const [{ body, headers, url }] = requests as [WebhookRequest]
    expect(url).toBe('https://example.com/jobs')
    for (const secret of SECRETS) {
      expect(await verifyWebhook(body, headers, secret, { now: () => at })).toEqual(message.event)
    }
    expect(await deliveries.list({ namespace: 'acme', id: 'a' })).toEqual([
      {
        ...{ webhookId: message.webhookId, type: 'job.success', version: 2, url, state: 'delivered' },
        attempts: [{ at, durationMs: 40, status: 200 }],
      },
    ])
  })

  it('is not sent again if any message of it comes again', async () => {
    const message = await webhookOf()
    const handler = handlerWith()
    await handler(eventOf(message))
    expect(idsOf(await handler(eventOf(message, message)))).toEqual([])
    expect(requests).toHaveLength(1)
  })

  it('is done even if it cannot be logged', async () => {
    deliveries.before = (call) => {
      if (call === 'write') throw new Error('throttled')
    }
    expect(idsOf(await handlerWith()(eventOf(await webhookOf())))).toEqual([])
    expect(logged).toEqual(['error A delivery could not be recorded.'])
  })
})

describe('a webhook that does not arrive', () => {
  it('is sent again ten times in a day, after longer and longer waits, each time by a new message', async () => {
    const handler = handlerWith()
    let message = await webhookOf()
    const waits: number[] = []
    for (let attempt = 1; attempt <= MAX_WEBHOOK_ATTEMPTS; attempt++) {
      answers.push(attempt % 2 === 0 ? { status: 500 } : { error: 'TIMEOUT', reason: 'late' })
      // Nothing waits in flight.
      expect(idsOf(await handler(eventOf(message)))).toEqual([])
      const [delivery] = await deliveries.list({ namespace: 'acme', id: 'a' })
      expect(delivery).toMatchObject({ state: attempt < MAX_WEBHOOK_ATTEMPTS ? 'retrying' : 'failed' })
      const next = sent.shift()
      if (next === undefined) continue
      expect(next).toMatchObject({ webhookId: message.webhookId, attemptsMade: attempt })
      expect(delivery!.nextAttemptAt).toBe(next.dueAt)
      waits.push(next.dueAt! - clock.now())
      await clock.advance(next.dueAt! - clock.now())
      message = next
    }
    const minutes = [2, 10, 60, 180, 480, 660].map((each) => each * MINUTE)
    expect(waits).toEqual([SECOND, 5 * SECOND, 30 * SECOND, ...minutes])
    const [delivery] = await deliveries.list({ namespace: 'acme', id: 'a' })
    expect(delivery!.attempts.map(({ status, error }) => status ?? error)).toEqual(
      Array.from({ length: 10 }, (_, index) => (index % 2 === 1 ? 500 : 'TIMEOUT')),
    )
    expect(delivery).not.toHaveProperty('nextAttemptAt')
    expect(logged.at(-1)).toBe('warn A webhook was not delivered, and is not tried again.')
    expect(postponed).toEqual([])
  })

  it('is signed again each time, with the same id', async () => {
    const handler = handlerWith()
    answers.push({ status: 500 })
    await handler(eventOf(await webhookOf()))
    await clock.advance(10 * MINUTE)
    await handler(eventOf(...sent))
    const [first, second] = requests.map(({ headers }) => headers) as [
      WebhookRequest['headers'],
      WebhookRequest['headers'],
    ]
    expect(second['webhook-id']).toBe(first['webhook-id'])
    expect(Number(second['webhook-timestamp'])).toBe(Number(first['webhook-timestamp']) + 600)
    await verifyWebhook(requests[1]!.body, second, SECRETS[0]!, { now: () => clock.now() })
  })

  it('is not tried before its time: a message that comes early is sent on, without a look into the log', async () => {
    const handler = handlerWith()
    answers.push({ status: 503, retryAfter: '3600' })
    await handler(eventOf(await webhookOf()))
    const [next] = sent.splice(0)
    await clock.advance(15 * MINUTE)
    deliveries.before = () => {
      throw new Error('unreachable')
    }
    expect(idsOf(await handler(eventOf(next!)))).toEqual([])
    expect(sent).toEqual([next])
    expect(requests).toHaveLength(1)
  })

  it('is hidden in the queue if its next message cannot be sent', async () => {
    const handler = handlerWith()
    const event = eventOf(await webhookOf())
    answers.push({ status: 503, retryAfter: '600' })
    beforeSend = () => {
      throw new Error('throttled')
    }
    expect(idsOf(await handler(event))).toEqual(['item-0'])
    expect(postponed).toEqual([{ receiptHandle: 'receipt-0', delayMs: 10 * MINUTE }])
    await clock.advance(10 * MINUTE)
    answers.push({ status: 500 })
    beforeSend = () => undefined
    expect(idsOf(await handler(event))).toEqual([])
    expect(sent).toMatchObject([{ attemptsMade: 2 }])
  })

  it('sends its next message again if its own comes again, as after a crash before or after the sending', async () => {
    const handler = handlerWith()
    const event = eventOf(await webhookOf())
    answers.push({ status: 503, retryAfter: '600' })
    await handler(event)
    await clock.advance(MINUTE)
    expect(idsOf(await handler(event))).toEqual([])
    expect(requests).toHaveLength(1)
    const [first, second] = sent.splice(0)
    expect(second).toEqual(first)
    // Only one of the two carries on.
    await clock.advance(9 * MINUTE)
    answers.push({ status: 500 }, { status: 500 })
    expect(idsOf(await handler(eventOf(first!, second!)))).toEqual([])
    expect(requests).toHaveLength(2)
    expect(sent).toMatchObject([{ attemptsMade: 2 }])
    // The third has a message by now: the first one is of no use, however late it comes.
    await clock.advance(HOUR)
    expect(idsOf(await handler(event))).toEqual([])
    expect(requests).toHaveLength(2)
    expect(sent).toHaveLength(1)
  })

  it('is carried on by one of two messages that two functions try at the same time', async () => {
    const message = await webhookOf()
    answers.push({ status: 500 }, { status: 500 })
    await Promise.all([handlerWith()(eventOf(message)), handlerWith()(eventOf(message))])
    expect(requests).toHaveLength(2)
    expect(sent).toMatchObject([{ attemptsMade: 1 }])
  })

  it('counts an attempt that could not be logged', async () => {
    const handler = handlerWith()
    deliveries.before = (call) => {
      if (call === 'write') throw new Error('throttled')
    }
    answers.push({ status: 500 }, { status: 500 })
    await handler(eventOf(await webhookOf()))
    await clock.advance(MINUTE)
    await handler(eventOf(...sent.splice(0)))
    expect(sent).toMatchObject([{ attemptsMade: 2, dueAt: clock.now() + 5 * SECOND }])
  })

  it('waits up to a tenth longer than the others', async () => {
    answers.push({ status: 500 })
    await handlerWith(1)(eventOf(await webhookOf()))
    expect(sent).toMatchObject([{ dueAt: clock.now() + 1_100 }])
  })

  it.each([
    ['120', 120 * SECOND],
    [' 7 ', 7 * SECOND],
    ['0', SECOND],
    ['999999999', 6 * HOUR],
    ['Thu, 01 Jan 2026 00:05:00 GMT', 5 * MINUTE - 40],
    ['Thu, 01 Jan 2020 00:00:00 GMT', SECOND],
    ['soon', SECOND],
  ])('waits as long as the receiver asks for, within bounds: %s', async (retryAfter, delayMs) => {
    answers.push({ status: 429, retryAfter })
    await handlerWith()(eventOf(await webhookOf()))
    expect(sent).toMatchObject([{ dueAt: clock.now() + delayMs }])
  })

  it.each<[string, WebhookAnswer]>([
    ['410', { status: 410 }],
    ['an address that is not public', { error: 'ADDRESS_REFUSED', reason: 'example.com is at 10.0.0.7.' }],
  ])('is given up at once at %s', async (_what, answer) => {
    answers.push(answer)
    expect(idsOf(await handlerWith()(eventOf(await webhookOf())))).toEqual([])
    const [delivery] = await deliveries.list({ namespace: 'acme', id: 'a' })
    expect(delivery).toMatchObject({ state: 'failed' })
    // The address that an internal name points to is not shown.
    expect(JSON.stringify(delivery)).not.toContain('10.0.0.7')
  })

  it.each([300, 302, 400, 404, 502])('is tried again at %i', async (status) => {
    answers.push({ status })
    await handlerWith()(eventOf(await webhookOf()))
    expect(sent).toHaveLength(1)
  })

  it('goes on with one message if the end of its job is announced twice', async () => {
    const handler = handlerWith()
    const message = await webhookOf()
    answers.push({ status: 500 })
    await handler(eventOf(message))
    // The second message has another message id in the queue.
    const other = await webhookOf('b')
    await handler(eventOf(other, message))
    expect(requests.map(({ headers }) => headers['webhook-id'])).toEqual([message.webhookId, other.webhookId])
    expect(sent).toHaveLength(1)
  })
})

describe('a batch of webhooks', () => {
  it('is delivered in parallel: each succeeds or fails by itself', async () => {
    answersAt = {
      'https://a.example/': { status: 200 },
      'https://b.example/': { status: 503, retryAfter: '60' },
      'https://c.example/': { status: 410 },
      'https://d.example/': { error: 'TLS_FAILED', reason: '' },
    }
    const messages = await Promise.all(['a', 'b', 'c', 'd'].map((id) => webhookOf(id, `https://${id}.example/`)))
    expect(idsOf(await handlerWith()(eventOf(...messages)))).toEqual([])
    expect(sent.map(({ jobId }) => jobId)).toEqual(['b', 'd'])
  })

  it('makes one attempt if two of its messages are of one webhook', async () => {
    const message = await webhookOf()
    answers.push({ status: 500 })
    const handler = handlerWith()
    expect(idsOf(await handler(eventOf(message, message, message)))).toEqual([])
    expect(requests).toHaveLength(1)
    expect(sent).toHaveLength(1)
  })

  it('leaves messages that it could not try or cannot read to the visibility timeout', async () => {
    deliveries.before = (call) => {
      if (call === 'read') throw new Error('throttled')
    }
    const event = eventOf(await webhookOf(), 'no json', { v: 2 })
    expect(idsOf(await handlerWith()(event))).toEqual(['item-0', 'item-1', 'item-2'])
    expect(postponed).toEqual([])
    expect(requests).toEqual([])
  })
})
