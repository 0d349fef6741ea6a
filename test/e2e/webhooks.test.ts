import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Jobwire } from '@jobwire/sdk'
import { verifyWebhook, type WebhookEvent } from '@jobwire/sdk/webhook'
import { randomUUID } from 'node:crypto'
import type { WebhookDelivery } from '../../protocol/webhooks/webhook.ts'
import { Receiver, type Received } from '../support/receiver.ts'
import { connectWithToken, itNeeds, mintToken, rest, type Tasks, uniqueNamespace } from './support/target.ts'

const namespace = uniqueNamespace()
let jobs: Jobwire<Tasks>
let token: string
let secret: string
let receiver: Receiver

beforeAll(async () => {
  ;({ jobs, token } = await connectWithToken(namespace))
  secret = (await rest('/webhooks/secret', { token })).body.secret
  receiver = await Receiver.listen()
})
afterAll(async () => {
  await jobs.close()
  await receiver.close()
})

/** Makes a path that no other test uses. */
const path = () => `/${randomUUID()}`

async function deliveriesOf(id: string): Promise<WebhookDelivery[]> {
  return (await rest(`/jobs/${id}/deliveries`, { token })).body.deliveries
}

/** Waits until the log shows the state: the log is written after the receiver's answer. */
async function deliveryIn(id: string, state: WebhookDelivery['state']): Promise<WebhookDelivery> {
  for (;;) {
    const [delivery] = await deliveriesOf(id)
    if (delivery?.state === state) return delivery
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function verify({ body, headers }: Received): Promise<WebhookEvent> {
  return verifyWebhook(body, headers, secret)
}

describe('the webhook of a job', () => {
  itNeeds('localReceivers', 'that succeeds carries its output, and the data of the submit', async () => {
    const to = path()
    const data = { order: 17, lines: ['Zürich', '\u{1F600}', '\uFFFF'] }
    const webhook = { url: receiver.url(to), data }
    const job = await jobs.submit('greet', { name: 'Ada' }, { webhook, tags: ['vip'], metadata: { customer: 4 } })
    const received = await receiver.next(to)
    expect(received).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } })
    const event = await verify(received)
    expect(event).toMatchObject({
      type: 'job.success',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      data: { job: { id: job.id, task: 'greet', status: 'success', version: 2, output: 'Hello, Ada!' }, data },
    })
    expect(event.data.job).toMatchObject({ tags: ['vip'], metadata: { customer: 4 } })
    expect(event.data.job.finishedAt).toBe(Date.parse(event.timestamp))
    const delivery = await deliveryIn(job.id, 'delivered')
    expect(delivery).toEqual({
      webhookId: received.headers['webhook-id'],
      type: 'job.success',
      version: 2,
      url: webhook.url,
      state: 'delivered',
      attempts: [{ at: expect.any(Number), durationMs: expect.any(Number), status: 204 }],
    })
    expect(await jobs.get(job.id)).toMatchObject({ webhook })
    // A delete takes the log with it.
    expect(await rest(`/jobs/${job.id}`, { method: 'DELETE', token })).toMatchObject({ status: 204 })
    expect(await rest(`/jobs/${job.id}/deliveries`, { token })).toMatchObject({ status: 404 })
  })

  itNeeds('localReceivers', 'that fails carries the error', async () => {
    const to = path()
    await jobs.submit('fail', { code: 'OUT_OF_PAPER', message: 'Load tray 2.' }, { webhook: { url: receiver.url(to) } })
    const event = await verify(await receiver.next(to))
    expect(event).toMatchObject({ type: 'job.failed', data: { job: { error: { code: 'OUT_OF_PAPER' } } } })
    expect(event.data).not.toHaveProperty('data')
  })

  itNeeds('localReceivers', 'that is cancelled says so, once', async () => {
    const to = path()
    const id = `${namespace}:cancelled`
    await jobs.submit('uuid', undefined, { id, delay: '1s', webhook: { url: receiver.url(to), data: null } })
    await jobs.cancel(id)
    expect(await verify(await receiver.next(to))).toMatchObject({
      type: 'job.cancelled',
      data: { job: { id, status: 'cancelled', version: 2 }, data: null },
    })
    await deliveryIn(id, 'delivered')
    await rest(`/jobs/${id}/cancel`, { method: 'POST', token })
    await jobs.run('wait', { ms: 1_500 })
    expect(receiver.received(to)).toHaveLength(1)
  })

  itNeeds('localReceivers', 'that a program publishes carries the published output', async () => {
    const to = path()
    const body = JSON.stringify({ status: 'success', output: 7, webhook: { url: receiver.url(to) } })
    const publish = () => rest(`/jobs/${namespace}:published/publish`, { method: 'POST', token, body })
    expect(await publish()).toMatchObject({ status: 200 })
    expect(await verify(await receiver.next(to))).toMatchObject({
      type: 'job.success',
      data: { job: { task: 'external', output: 7 } },
    })
  })

  itNeeds(
    'localReceivers',
    'is sent again to a receiver that fails, with a new signature and the same id',
    async () => {
      const to = path()
      receiver.answers(to, [503, 'hang up', 200])
      const job = await jobs.submit('uuid', undefined, { webhook: { url: receiver.url(to) } })
      const all = [await receiver.next(to), await receiver.next(to), await receiver.next(to)]
      for (const received of all) await verify(received)
      expect(new Set(all.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
      const { attempts } = await deliveryIn(job.id, 'delivered')
      expect(attempts.map(({ status, error }) => status ?? error)).toEqual([503, 'CONNECTION_FAILED', 200])
    },
  )

  itNeeds(
    'localReceivers',
    'is given up if the receiver says that it is gone, and no redirect is followed',
    async () => {
      const [gone, elsewhere] = [path(), path()]
      receiver.answers(gone, [410])
      receiver.answers(elsewhere, [{ status: 302, headers: { location: receiver.url(gone) } }])
      const ended = await jobs.submit('uuid', undefined, { webhook: { url: receiver.url(gone) } })
      await deliveryIn(ended.id, 'failed')
      const redirected = await jobs.submit('uuid', undefined, { webhook: { url: receiver.url(elsewhere) } })
      const { attempts } = await deliveryIn(redirected.id, 'retrying')
      expect(attempts).toMatchObject([{ status: 302 }])
      expect(receiver.received(gone)).toHaveLength(1)
    },
  )

  itNeeds('localReceivers', 'is sent for each end of a job that runs again', async () => {
    const to = path()
    const job = await jobs.submit('fail', { code: 'NO' }, { webhook: { url: receiver.url(to) } })
    const first = await receiver.next(to)
    await deliveryIn(job.id, 'delivered')
    await rest(`/jobs/${job.id}/retry`, { method: 'POST', token })
    const second = await receiver.next(to)
    expect(second.headers['webhook-id']).not.toBe(first.headers['webhook-id'])
    expect((await verify(second)).data.job.version).toBe(4)
    while ((await deliveriesOf(job.id)).length < 2) await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await deliveriesOf(job.id)).map(({ version }) => version)).toEqual([4, 2])
  })
})

describe('webhooks', () => {
  it.each([
    ['another protocol', { url: 'ftp://example.com/' }, 'INVALID_WEBHOOK', 'webhook.url'],
    ['no whole address', { url: 'example.com' }, 'INVALID_WEBHOOK', 'webhook.url'],
    ['a password', { url: 'https://me:secret@example.com/' }, 'INVALID_WEBHOOK', 'webhook.url'],
    ['no text', { url: 7 }, 'INVALID_REQUEST', 'webhook.url'],
    ['large data', { url: 'https://example.com/', data: 'x'.repeat(9_000) }, 'PAYLOAD_TOO_LARGE', 'webhook.data'],
    ['no object', 'https://example.com/', 'INVALID_REQUEST', 'webhook'],
  ])('refuse %s at the submit, and store nothing', async (_what, webhook, code, at) => {
    const id = `${namespace}:refused`
    const answer = await rest('/jobs', { method: 'POST', token, body: JSON.stringify({ id, task: 'uuid', webhook }) })
    expect(answer.body.error).toMatchObject({ code, path: at })
    expect(answer.status).toBe(code === 'PAYLOAD_TOO_LARGE' ? 413 : 400)
    expect(await rest(`/jobs/${id}`, { token })).toMatchObject({ status: 404 })
  })

  it('have a secret for each namespace, and a log that no other namespace can read (I7)', async () => {
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    const stranger = await mintToken(uniqueNamespace())
    expect((await rest('/webhooks/secret', { token: stranger })).body.secret).not.toBe(secret)
    expect((await rest('/webhooks/secret', { token })).body).toEqual({ secret })
    const job = await jobs.submit('uuid')
    await job.result()
    expect(await rest(`/jobs/${job.id}/deliveries`, { token })).toMatchObject({ status: 200, body: { deliveries: [] } })
    expect(await rest(`/jobs/${job.id}/deliveries`, { token: stranger })).toMatchObject({ status: 404 })
    expect(await rest('/jobs/a%20b/deliveries', { token })).toMatchObject({ status: 400 })
  })
})
