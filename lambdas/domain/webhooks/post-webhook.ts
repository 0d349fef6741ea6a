import type { DeliveryErrorCode } from '../../../protocol/webhooks/webhook.ts'

export interface WebhookRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type WebhookAnswer =
  | { readonly status: number; readonly retryAfter?: string }
  /** `reason` is only for our own log: it may reveal internal addresses. */
  | { readonly error: DeliveryErrorCode; readonly reason: string }

/** Makes one request, bounded in time and size. Never rejects for what the receiver does. */
export type PostWebhook = (request: WebhookRequest) => Promise<WebhookAnswer>
