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
let postponed: { receiptHandle: string; delayMs: number }[]
let logged: string[]

beforeEach(() => {
  clock = new ManualClock()
  deliveries = new MemoryDeliveries()
  requests = []
  answers = []
  answersAt = {}
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
  const Records = messages.map((message, index) => ({
    messageId: `item-${index}`,
    receiptHandle: `receipt-${index}`,
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
  it('is sent again ten times in a day, after longer and longer waits', async () => {
    const handler = handlerWith()
    const event = eventOf(await webhookOf())
    const waits: number[] = []
    for (let attempt = 1; attempt <= MAX_WEBHOOK_ATTEMPTS; attempt++) {
      answers.push(attempt % 2 === 0 ? { status: 500 } : { error: 'TIMEOUT', reason: 'late' })
      const again = idsOf(await handler(event))
      expect(again).toEqual(attempt < MAX_WEBHOOK_ATTEMPTS ? ['item-0'] : [])
      const [delivery] = await deliveries.list({ namespace: 'acme', id: 'a' })
      expect(delivery).toMatchObject({ state: attempt < MAX_WEBHOOK_ATTEMPTS ? 'retrying' : 'failed' })
      const wait = postponed.pop()?.delayMs
      if (wait === undefined) continue
      expect(delivery!.nextAttemptAt).toBe(clock.now() + wait)
      waits.push(wait)
      await clock.advance(wait)
    }
    const minutes = [2, 10, 60, 180, 480, 660].map((each) => each * MINUTE)
    expect(waits).toEqual([SECOND, 5 * SECOND, 30 * SECOND, ...minutes])
    const [delivery] = await deliveries.list({ namespace: 'acme', id: 'a' })
    expect(delivery!.attempts.map(({ status, error }) => status ?? error)).toEqual(
      Array.from({ length: 10 }, (_, index) => (index % 2 === 1 ? 500 : 'TIMEOUT')),
    )
    expect(delivery).not.toHaveProperty('nextAttemptAt')
    expect(logged.at(-1)).toBe('warn A webhook was not delivered, and is not tried again.')
  })

  it('is signed again each time, with the same id', async () => {
    const handler = handlerWith()
    const event = eventOf(await webhookOf())
    answers.push({ status: 500 })
    await handler(event)
    await clock.advance(10 * MINUTE)
    await handler(event)
    const [first, second] = requests.map(({ headers }) => headers) as [
      WebhookRequest['headers'],
      WebhookRequest['headers'],
    ]
    expect(second['webhook-id']).toBe(first['webhook-id'])
    expect(Number(second['webhook-timestamp'])).toBe(Number(first['webhook-timestamp']) + 600)
    await verifyWebhook(requests[1]!.body, second, SECRETS[0]!, { now: () => clock.now() })
  })

  it('is not tried before its time, even if its message comes again', async () => {
    const handler = handlerWith()
    const event = eventOf(await webhookOf())
    answers.push({ status: 503, retryAfter: '600' })
    await handler(event)
    await clock.advance(MINUTE)
    postponed = []
    expect(idsOf(await handler(event))).toEqual(['item-0'])
    expect(postponed).toEqual([{ receiptHandle: 'receipt-0', delayMs: 9 * MINUTE }])
    expect(requests).toHaveLength(1)
  })

  it('waits up to a tenth longer than the others', async () => {
    answers.push({ status: 500 })
    await handlerWith(1)(eventOf(await webhookOf()))
    expect(postponed).toEqual([{ receiptHandle: 'receipt-0', delayMs: 1_100 }])
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
    expect(postponed).toEqual([{ receiptHandle: 'receipt-0', delayMs }])
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
    expect(idsOf(await handlerWith()(eventOf(await webhookOf())))).toEqual(['item-0'])
  })

  it('goes on with one message if there are two of it', async () => {
    const handler = handlerWith()
    const message = await webhookOf()
    answers.push({ status: 500 })
    expect(idsOf(await handler(eventOf(message)))).toEqual(['item-0'])
    // The second message has another message id in the queue.
    const other = await handler(eventOf(await webhookOf('b'), message))
    expect(idsOf(other)).toEqual([])
    expect(requests).toHaveLength(2)
    expect(idsOf(await handler(eventOf(message)))).toEqual([])
    expect(requests).toHaveLength(3)
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
    expect(idsOf(await handlerWith()(eventOf(...messages)))).toEqual(['item-1', 'item-3'])
    expect(postponed.map(({ receiptHandle }) => receiptHandle)).toEqual(['receipt-1', 'receipt-3'])
  })

  it('makes one attempt if two of its messages are of one webhook', async () => {
    const message = await webhookOf()
    answers.push({ status: 500 })
    const handler = handlerWith()
    expect(idsOf(await handler(eventOf(message, message, message)))).toEqual(['item-0'])
    expect(requests).toHaveLength(1)
    // The last of these three goes on.
    const { Records: records } = eventOf(message, message, message)
    expect(idsOf(await handler({ Records: records.toReversed() }))).toEqual([])
    expect(requests).toHaveLength(2)
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
