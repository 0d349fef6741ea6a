// Jobs in an Express application: submit and answer 202, wait for a result, receive a webhook.
import { JobError, JobwireError, type Jobwire } from '@jobwire/sdk'
import { verifyWebhook, type WebhookEvent } from '@jobwire/sdk/webhook'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import type { tasks } from '../../tasks/index.ts'

export interface Settings {
  readonly jobs: Jobwire<typeof tasks>
  /** The secret from `GET /webhooks/secret`. */
  readonly webhookSecret: string
  /** Returns the public address of this application. */
  readonly publicUrl: () => string
  readonly onEnd: (event: WebhookEvent) => void
}

export function createApp({ jobs, webhookSecret, publicUrl, onEnd }: Settings): Express {
  const app = express()

  app.post('/greetings', express.json(), async (request, response) => {
    const webhook = { url: `${publicUrl()}/webhooks`, data: { greeted: request.body.name } }
    const job = await jobs.submit('greet', { name: request.body.name }, { webhook })
    response.status(202).location(`/greetings/${job.id}`).json({ id: job.id })
  })

  app.get('/greetings/:id', async (request, response) => {
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    await jobs.status(request.params.id, { signal: gone.signal })
    response.json({ greeting: await jobs.result(request.params.id, { timeout: '20s', signal: gone.signal }) })
  })

  // The raw body: a parsed one cannot be verified any more.
  app.post('/webhooks', express.text({ type: () => true, limit: '1mb' }), async (request, response) => {
    onEnd(await verifyWebhook(request.body, request.headers, webhookSecret))
    response.status(204).end()
  })

  app.use((error: Error, _request: Request, response: Response, next: NextFunction) => {
    if (!JobwireError.is(error)) return next(error)
    if (!response.closed) response.status(statusOf(error)).json({ error: { code: error.code, message: error.message } })
  })
  return app
}

function statusOf(error: JobwireError): number {
  if (JobError.is(error)) return 422
  if (error.code === 'RESULT_TIMEOUT') return 504
  if (error.code === 'JOB_NOT_FOUND') return 404
  return /^(INVALID|INPUT|WEBHOOK)_/.test(error.code) ? 400 : 503
}
