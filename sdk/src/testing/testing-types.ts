import type { JobFailure } from '../../../protocol/job/job.ts'
import type { WebhookEvent } from '../../../protocol/webhooks/webhook.ts'

/**
 * The end that a test gives a job by hand: an output or an error.
 *
 * @example
 * const outcome: TestOutcome = { error: { code: 'CARD_DECLINED', message: 'Ask for another card.' } }
 */
export type TestOutcome =
  | { readonly output?: unknown; readonly error?: undefined }
  | { readonly error: Partial<JobFailure> & { readonly code: string } }

/**
 * A webhook that the deployment would have sent: a POST of `body` with `headers` to `url`.
 *
 * @example
 * const send = ({ url, headers, body }: TestWebhook) => new Request(url, { method: 'POST', headers, body })
 */
export interface TestWebhook {
  readonly url: string
  /** Signed with the current time, so that `verifyWebhook` accepts it. */
  readonly headers: Readonly<Record<'content-type' | 'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>>
  /** The event as the signed JSON. */
  readonly body: string
  /** The event in the body. */
  readonly event: WebhookEvent
}
