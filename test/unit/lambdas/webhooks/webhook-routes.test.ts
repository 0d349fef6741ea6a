import { describe, expect, it } from '@jest/globals'
import { WEBHOOK_ROUTES } from '../../../../lambdas/handlers/webhooks/webhook-routes.ts'
import { parseJobRequest } from '../../../../protocol/submit/parse-job.ts'
import { parsePublishBody } from '../../../../protocol/manage/parse-publish.ts'
import { parseScheduleBody } from '../../../../protocol/schedules/parse-schedule.ts'
import { parseWebhookMessage } from '../../../../protocol/webhooks/parse-webhook.ts'
import { MemoryDeliveries } from '../../fakes/memory-deliveries.ts'
import { createPlatform, jobOf } from '../../fakes/platform.ts'

const url = 'https://example.com/jobs'

/** Makes a list in a list, and so on. */
function nested(levels: number): unknown {
  return JSON.parse('['.repeat(levels) + ']'.repeat(levels))
}

describe('the field webhook', () => {
  const read = (webhook: unknown) => parseJobRequest({ task: 'echo', webhook }, 'jobs.3.')

  it.each([
    [{ url }],
    [{ url, data: null }],
    [{ url, data: { order: 17 } }],
    [{ url: `${url}?${'x'.repeat(2_023)}` }],
    [{ url, data: nested(500) }],
    [{ url, data: 'x'.repeat(8_190) }],
  ])('is taken as it is: %#', (webhook) => {
    expect(read(webhook)).toEqual({ ok: true, value: { task: 'echo', webhook } })
  })

  it.each([
    ['a text', url, 'INVALID_REQUEST', 'webhook'],
    ['nothing', null, 'INVALID_REQUEST', 'webhook'],
    ['a list', [url], 'INVALID_REQUEST', 'webhook'],
    ['without an address', { data: 1 }, 'INVALID_REQUEST', 'webhook.url'],
    ['with an empty one', { url: '' }, 'INVALID_REQUEST', 'webhook.url'],
    ['with a long one', { url: `${url}?${'x'.repeat(2_024)}` }, 'INVALID_REQUEST', 'webhook.url'],
    ['with another field', { url, headers: {} }, 'INVALID_REQUEST', 'webhook.headers'],
    ['with another protocol', { url: 'javascript:alert(1)' }, 'INVALID_WEBHOOK', 'webhook.url'],
    ['with a user', { url: 'https://me@example.com/' }, 'INVALID_WEBHOOK', 'webhook.url'],
    ['with a password', { url: 'https://:pw@example.com/' }, 'INVALID_WEBHOOK', 'webhook.url'],
    ['with a fragment', { url: `${url}#a` }, 'INVALID_WEBHOOK', 'webhook.url'],
    ['with a part of an address', { url: '//example.com/' }, 'INVALID_WEBHOOK', 'webhook.url'],
    ['with an invalid port', { url: 'https://example.com:99999/' }, 'INVALID_WEBHOOK', 'webhook.url'],
    ['with much data', { url, data: 'x'.repeat(8_191) }, 'PAYLOAD_TOO_LARGE', 'webhook.data'],
    ['with deep data', { url, data: nested(501) }, 'INVALID_REQUEST', 'webhook.data'],
  ])('is refused %s', (_what, webhook, code, path) => {
    expect(read(webhook)).toMatchObject({ ok: false, error: { code, path: `jobs.3.${path}` } })
  })

  it('may be part of a publish and of a schedule', () => {
    const schedule = { name: 'nightly', task: 'echo', every: '1h', webhook: { url } }
    expect(parseScheduleBody(JSON.stringify(schedule))).toMatchObject({
      ok: true,
      value: { job: { webhook: { url } } },
    })
    expect(parsePublishBody(JSON.stringify({ webhook: { url } }))).toEqual({ ok: true, value: { webhook: { url } } })
    expect(parsePublishBody('{"webhook":{}}')).toMatchObject({ error: { path: 'webhook.url' } })
  })
})

it.each([
  '',
  '7',
  'null',
  '[]',
  '{"v":2}',
  '{"v":1,"webhookId":"m","namespace":"a","jobId":"b","url":"c","createdAt":"d","event":{}}',
])('a message that is no webhook is refused: %s', (body) => {
  expect(parseWebhookMessage(body)).toMatchObject({ ok: false })
})

describe('the routes about webhooks', () => {
  async function setUp(...secrets: string[]) {
    const { store } = createPlatform()
    await store.insert([jobOf('a')], undefined)
    const deliveries = new MemoryDeliveries()
    const ports = { store, deliveries, secrets: async (namespace: string) => secrets.map((each) => each + namespace) }
    const ask = async (route: keyof typeof WEBHOOK_ROUTES, namespace: string, id = 'a') => {
      const answer = await WEBHOOK_ROUTES[route](ports, { namespace, body: '', pathParameters: { id }, query: {} })
      return { ...answer, body: JSON.parse(answer.body) as unknown }
    }
    return { deliveries, ask, store }
  }

  it("return a namespace's secret and the one before it, and forbid caching", async () => {
    const one = await setUp('whsec_1')
    expect(await one.ask('GET /webhooks/secret', 'acme')).toMatchObject({
      statusCode: 200,
      body: { secret: 'whsec_1acme' },
    })
    const two = await setUp('whsec_2', 'whsec_1')
    const answer = await two.ask('GET /webhooks/secret', 'acme')
    expect(answer.body).toEqual({ secret: 'whsec_2acme', previous: 'whsec_1acme' })
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store' })
  })

  it('list the deliveries of a job, even of one that is gone, but not of another namespace’s job', async () => {
    const { ask, deliveries, store } = await setUp('whsec_1')
    expect(await ask('GET /jobs/{id}/deliveries', 'acme')).toMatchObject({ statusCode: 200, body: { deliveries: [] } })
    const delivery = {
      webhookId: 'msg_1',
      type: 'job.success',
      version: 2,
      url,
      state: 'delivered',
      attempts: [],
    } as const
    const key = { namespace: 'acme', id: 'a', createdAt: 1, version: 2 }
    await deliveries.write(key, { ...delivery, itemId: 'ours', attemptsMade: 0 }, undefined)
    store.forget('a')
    expect((await ask('GET /jobs/{id}/deliveries', 'acme')).body).toEqual({ deliveries: [delivery] })
    expect(await ask('GET /jobs/{id}/deliveries', 'other')).toMatchObject({
      statusCode: 404,
      body: { error: { code: 'JOB_NOT_FOUND' } },
    })
    expect(await ask('GET /jobs/{id}/deliveries', 'acme', 'a b')).toMatchObject({ statusCode: 400 })
  })
})
