import { type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createDeliveryLog } from '../../../lambdas/aws/webhooks/delivery-log.ts'
import { createResultsTable } from '../../../lambdas/aws/job/results-table.ts'
import { createWebhookQueue, createWebhookRedelivery } from '../../../lambdas/aws/webhooks/webhook-queue.ts'
import { applyCancel } from '../../../lambdas/domain/job/job-state.ts'
import type { NewJob } from '../../../lambdas/domain/job/stored-job.ts'
import type { LoggedDelivery } from '../../../lambdas/domain/webhooks/delivery-log.ts'
import { ManualClock } from '../../../local/clock.ts'
import type { WebhookMessage } from '../../../protocol/webhooks/webhook.ts'
import { clientSettings } from '../cloud/client-settings.ts'
import { type DynamoEngine, startDynamo } from '../cloud/dynamo-engine.ts'
import type { SqsEndpoint } from '../services/sqs/sqs-endpoint.ts'
import { startSqs } from '../services/sqs/sqs-endpoint.ts'

const DAY = 86_400_000
const clock = new ManualClock()
let dynamo: DynamoEngine
let client: DynamoDBClient

beforeAll(async () => {
  dynamo = await startDynamo()
  client = dynamo.client
  await dynamo.createTable('Registry')
  await dynamo.createTable('Results')
})
afterAll(() => dynamo.close())

const delivery = (overrides: Partial<LoggedDelivery> = {}): LoggedDelivery => ({
  webhookId: 'msg_1',
  type: 'job.success',
  version: 2,
  url: 'https://example.com/jobs',
  state: 'retrying',
  nextAttemptAt: 1_790_000_001_000,
  attempts: [{ at: 1_790_000_000_000, durationMs: 40, status: 503 }],
  itemId: 'item',
  attemptsMade: 1,
  ...overrides,
})

describe('the log of deliveries', () => {
  const log = () => createDeliveryLog({ client, tableName: 'Registry', clock })
  const key = (id: string, version = 2, createdAt = clock.now()) => ({ namespace: 'acme', id, createdAt, version })

  it('gives back what was written last', async () => {
    const wanted = key('a')
    expect(await log().read(wanted)).toBeUndefined()
    expect(await log().write(wanted, delivery(), undefined)).toBe(true)
    expect(await log().read(wanted)).toEqual(delivery())
    const { nextAttemptAt: _none, ...delivered } = delivery({ state: 'delivered', attemptsMade: 2 })
    expect(await log().write(wanted, delivered, delivery())).toBe(true)
    expect(await log().read(wanted)).toEqual(delivered)
    expect(await log().read({ ...wanted, namespace: 'other' })).toBeUndefined()
  })

  it('takes one of two attempts that were made at the same time', async () => {
    const wanted = key('twice')
    const [first, second] = [delivery({ itemId: 'first' }), delivery({ itemId: 'second' })]
    const written = await Promise.all([first, second].map((each) => log().write(wanted, each, undefined)))
    expect(written.filter(Boolean)).toHaveLength(1)
    const winner = (await log().read(wanted))!
    expect(await log().write(wanted, delivery({ attemptsMade: 2 }), winner)).toBe(true)
    expect(await log().write(wanted, delivery({ attemptsMade: 2 }), winner)).toBe(false)
    // What has expired, and is not deleted yet, stands in nobody's way.
    await clock.advance(31 * DAY)
    expect(await log().write(wanted, first, undefined)).toBe(true)
  })

  it('lists the deliveries of one job, of all its lives, the latest first, without internal fields', async () => {
    const [first, second, third] = [key('b', 2, 1_000), key('b', 10, 1_000), key('b', 2, 20_000)]
    for (const [index, each] of [second, third, first].entries()) {
      await log().write(each, delivery({ webhookId: `msg_${index}`, version: each.version }), undefined)
    }
    await log().write(key('b2'), delivery(), undefined)
    const found = await log().list({ namespace: 'acme', id: 'b' })
    expect(found.map(({ webhookId }) => webhookId)).toEqual(['msg_1', 'msg_0', 'msg_2'])
    expect(found[0]).not.toHaveProperty('itemId')
  })

  it('erases the ended deliveries of a life and of those before it', async () => {
    const ended = { state: 'delivered' } as const
    await log().write(key('e', 2, 1_000), delivery({ ...ended, webhookId: 'first' }), undefined)
    await log().write(key('e', 2, 2_000), delivery({ ...ended, webhookId: 'second' }), undefined)
    await log().write(key('e', 4, 2_000), delivery({ webhookId: 'under way' }), undefined)
    await log().write(key('e', 2, 2_001), delivery({ ...ended, webhookId: 'later' }), undefined)
    await log().erase({ namespace: 'acme', id: 'e', createdAt: 2_000 })
    const left = await log().list({ namespace: 'acme', id: 'e' })
    expect(left.map(({ webhookId }) => webhookId)).toEqual(['later', 'under way'])
  })

  it('forgets after thirty days, by its own clock', async () => {
    const wanted = key('c')
    await log().write(wanted, delivery(), undefined)
    await clock.advance(30 * DAY - 1_000)
    expect(await log().read(wanted)).toBeDefined()
    await clock.advance(1_001)
    expect(await log().read(wanted)).toBeUndefined()
    expect(await log().list(wanted)).toEqual([])
    const { Items } = await client.send(new ScanCommand({ TableName: 'Registry' }))
    expect(Items?.length).toBeGreaterThan(0)
  })
})

describe('the results table', () => {
  it('keeps a webhook, and returns it to the writer of an end', async () => {
    const store = createResultsTable({ client, tableName: 'Results', shards: 4, clock })
    const webhook = { url: 'https://example.com/jobs', data: { order: 17, none: null } }
    const facts = { metadata: { customer: 4 }, tags: ['vip'] }
    const job = (id: string, more: Partial<NewJob> = {}): NewJob => ({
      ...{ namespace: 'acme', id, task: 'echo', input: null, priority: 'normal', queue: 'default' },
      ...{ createdAt: clock.now(), expiresAt: clock.now() + DAY, ...more },
    })
    await store.insert(
      [job('w1', { webhook, ...facts }), job('w2', { webhook: { url: webhook.url } }), job('w3', facts)],
      undefined,
    )
    expect(await store.read({ namespace: 'acme', id: 'w1' })).toMatchObject({ webhook })
    const keys = ['w1', 'w2', 'w3'].map((id) => ({ namespace: 'acme', id }))
    const loaded = new Map((await store.load(keys, 'eventual')).map((each) => [each.id, each]))
    const fixed = { task: 'echo', priority: 'normal', queue: 'default' }
    expect(loaded.get('w1')!.facts).toEqual({ ...fixed, ...facts, webhook })
    expect(loaded.get('w2')!.facts).toEqual({ ...fixed, webhook: { url: webhook.url } })
    expect(loaded.get('w3')!.facts).toEqual({ ...fixed, ...facts })
    const stored = loaded.get('w1')!
    const change = applyCancel(stored.state, { finishedAt: clock.now() })
    if (!change.ok) throw new Error('It could be cancelled.')
    expect(await store.write({ job: stored, state: change.state })).toMatchObject({
      job: { facts: { ...fixed, ...facts, webhook, inputJson: 'null' } },
    })
    const seen = (await store.find(keys[0]!))!.record
    await store.rerun(job('w1', { createdAt: clock.now() + 1 }), seen, undefined)
    expect(await store.read(keys[0]!)).not.toHaveProperty('webhook')
  })
})

describe('the queue of webhooks', () => {
  let cloud: SqsEndpoint
  let sqs: SQSClient
  beforeAll(async () => {
    cloud = await startSqs({ clock })
    sqs = new SQSClient(clientSettings(cloud.endpoint))
  })
  afterAll(async () => {
    sqs.destroy()
    await cloud.close()
  })

  it('takes any number of messages, grouped by namespace, and delays each as told', async () => {
    const { ref: url, attributes } = await cloud.makeQueue('Webhooks', { VisibilityTimeout: 180 })
    const queue = cloud.sqs.queueByArn(attributes['Arn'] as string)
    const parts = { client: sqs, url, clock, log: () => undefined }
    const message = (jobId: string): WebhookMessage => ({
      ...{
        v: 1,
        webhookId: `msg_${jobId}`,
        namespace: 'acme',
        jobId,
        createdAt: clock.now(),
        url: 'https://a.example/',
      },
      event: {
        type: 'job.success',
        timestamp: '2026-01-01T00:00:00.000Z',
        data: { job: { id: jobId, task: 'echo', version: 2, status: 'success', attempts: 0, output: '\uFFFF' } },
      },
    })
    const sent = Array.from({ length: 12 }, (_, index) => message(`j${index}`))
    expect(await createWebhookQueue(parts).send(sent)).toEqual([])
    const received = await queue.receive({ maxMessages: 10, waitMs: 0 })
    expect(received.map(({ groupId }) => groupId)).toEqual(Array<string>(10).fill('acme'))
    const first = JSON.parse(received[0]!.body) as WebhookMessage
    expect(first).toEqual(message(first.jobId))
    expect(await queue.receive({ maxMessages: 10, waitMs: 0 })).toHaveLength(2)
    const receipts = received.map(({ receiptHandle }, index) => ({ receiptHandle, delayMs: 30_000 + index }))
    await createWebhookRedelivery(parts).postpone(receipts)
    await clock.advance(30_000)
    expect(await queue.receive({ maxMessages: 10, waitMs: 0 })).toHaveLength(1)
    await clock.advance(1_000)
    expect(await queue.receive({ maxMessages: 10, waitMs: 0 })).toHaveLength(9)
    // A queue holds a message back for 15 minutes at most. Whoever receives it before its time sends it on.
    for (const [waitMs, heldMs] of [
      [60_000, 60_000],
      [3_600_000, 900_000],
    ] as const) {
      queue.purge()
      const later = { ...message('later'), attemptsMade: 1, dueAt: clock.now() + waitMs }
      expect(await createWebhookQueue(parts).send([later])).toEqual([])
      await clock.advance(heldMs - 1_000)
      expect(await queue.receive({ maxMessages: 10, waitMs: 0 })).toHaveLength(0)
      await clock.advance(1_000)
      expect(await queue.receive({ maxMessages: 10, waitMs: 0 })).toHaveLength(1)
    }
  })
})
