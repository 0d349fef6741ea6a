// Jobs in a Hono application, on any runtime: submit and answer 202, wait for a result, receive a webhook.
import { JobError, JobwireError, type Jobwire } from '@jobwire/sdk'
import { verifyWebhook, type WebhookEvent } from '@jobwire/sdk/webhook'
import { Hono } from 'hono'
import type { tasks } from '../../tasks/index.ts'

export interface Settings {
  readonly jobs: Jobwire<typeof tasks>
  /** The secret from `GET /webhooks/secret`. */
  readonly webhookSecret: string
  readonly onEnd: (event: WebhookEvent) => void
}

export function createApp({ jobs, webhookSecret, onEnd }: Settings): Hono {
  const app = new Hono()

  app.post('/greetings', async (context) => {
    const { name } = await context.req.json<{ name: string }>()
    const job = await jobs.submit('greet', { name })
    return context.json({ id: job.id }, 202, { location: `/greetings/${job.id}` })
  })

  app.get('/greetings/:id', async (context) => {
    const { signal } = context.req.raw
    const id = context.req.param('id')
    await jobs.status(id, { signal })
    return context.json({ greeting: await jobs.result<string>(id, { timeout: '20s', signal }) })
  })

  app.post('/webhooks', async (context) => {
    onEnd(await verifyWebhook(await context.req.text(), context.req.raw.headers, webhookSecret))
    return context.body(null, 204)
  })

  app.onError((error, context) => {
    if (!JobwireError.is(error)) throw error
    return context.json({ error: { code: error.code, message: error.message } }, statusOf(error))
  })
  return app
}

function statusOf(error: JobwireError): 400 | 404 | 422 | 503 | 504 {
  if (JobError.is(error)) return 422
  if (error.code === 'RESULT_TIMEOUT') return 504
  if (error.code === 'JOB_NOT_FOUND') return 404
  return /^(INVALID|INPUT|WEBHOOK)_/.test(error.code) ? 400 : 503
}
