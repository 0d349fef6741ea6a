import { makeWebhook } from '../../../lambdas/domain/webhooks/make-webhook.ts'
import type { StoredJob } from '../../../lambdas/domain/job/stored-job.ts'
import { deriveNamespaceSecret, signWebhook } from '../../../lambdas/domain/webhooks/sign-webhook.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import type { TestWebhook } from './testing-types.ts'

/** Makes the webhooks of all jobs that have ended, for the test to read. None is sent. */
export class MemoryWebhooks {
  readonly #ended: StoredJob[] = []
  readonly #namespace: string

  constructor(namespace: string) {
    this.#namespace = namespace
  }

  written(job: StoredJob): void {
    if (job.facts.webhook !== undefined && isTerminal(job.state.status)) this.#ended.push(job)
  }

  secret(): Promise<string> {
    return deriveNamespaceSecret('the secret of a test', this.#namespace)
  }

  async all(): Promise<TestWebhook[]> {
    const secret = await this.secret()
    return Promise.all(this.#ended.map((job) => signedWebhook(job, secret)))
  }
}

async function signedWebhook(job: StoredJob, secret: string): Promise<TestWebhook> {
  const { webhookId: id, url, event } = (await makeWebhook(job, job.state.finishedAt!))!
  const body = JSON.stringify(event)
  // The verification compares the timestamp with the real time.
  const timestamp = String(Math.floor(Date.now() / 1_000))
  const signature = await signWebhook([secret], { id, timestamp, body })
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature }
  return { url, headers: { 'content-type': 'application/json', ...headers }, body, event }
}
