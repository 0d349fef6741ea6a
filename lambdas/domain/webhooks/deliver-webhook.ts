import { MAX_WEBHOOK_ATTEMPTS } from '../../../protocol/kit/limits.ts'
import type { DeliveryAttempt, WebhookMessage } from '../../../protocol/webhooks/webhook.ts'
import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import { signatureOf } from './sign-webhook.ts'
import type { DeliveryKey, DeliveryLog, LoggedDelivery } from './delivery-log.ts'
import type { PostWebhook, WebhookAnswer } from './post-webhook.ts'
import type { WebhookSecrets } from './webhook-secrets.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** How long to wait after each attempt that failed: ten attempts in about a day. */
const WAITS_MS = [
  SECOND_MS,
  5 * SECOND_MS,
  30 * SECOND_MS,
  2 * MINUTE_MS,
  10 * MINUTE_MS,
  HOUR_MS,
  3 * HOUR_MS,
  8 * HOUR_MS,
  11 * HOUR_MS,
]
/** Receivers that went down together are not called together: a wait is up to this much longer. */
const JITTER = 0.1
/** SQS counts in whole seconds, and clocks differ. */
const EARLY_MS = SECOND_MS
/** The most that a receiver may ask for. */
const MAX_RETRY_AFTER_MS = 6 * HOUR_MS

export interface DeliverPorts {
  readonly deliveries: DeliveryLog
  readonly post: PostWebhook
  readonly secrets: WebhookSecrets
  readonly clock: Clock
  readonly log: Log
  /** From 0 to 1, for the jitter. */
  readonly random: () => number
}

/**
 * Makes one attempt to deliver a webhook and notes it in the log of deliveries. `itemId` is how the queue names its
 * message. Answers in how many milliseconds the next attempt is due; undefined where there is none. Rejects where the
 * attempt could not be made: then the message comes again.
 */
export async function deliverWebhook(
  ports: DeliverPorts,
  message: WebhookMessage,
  itemId: string,
): Promise<number | undefined> {
  const { namespace, jobId, createdAt, event } = message
  const key = { namespace, id: jobId, createdAt, version: event.data.job.version }
  const before = await ports.deliveries.read(key)
  // A job that ends is announced once at least. The first message that has made an attempt goes on with it.
  if (before !== undefined && (before.state !== 'retrying' || before.itemId !== itemId)) return undefined
  const at = ports.clock.now()
  // The queue may give it out early, where it was not told in time.
  const earlyMs = (before?.nextAttemptAt ?? 0) - at
  if (earlyMs > EARLY_MS) return earlyMs
  const answer = await post(ports, message, at)
  const attempt = attemptOf(answer, at, ports.clock.now())
  const attempts = [...(before?.attempts ?? []), attempt]
  const waitMs = isDelivered(attempt) ? undefined : waitAfter(ports, attempts.length, answer)
  const state = isDelivered(attempt) ? 'delivered' : waitMs === undefined ? 'failed' : 'retrying'
  logFailure(ports.log, message, attempts.length, { state, answer })
  await note(ports, key, {
    webhookId: message.webhookId,
    type: event.type,
    version: key.version,
    url: message.url,
    state,
    ...(waitMs === undefined ? {} : { nextAttemptAt: Math.ceil(ports.clock.now() + waitMs) }),
    attempts,
    itemId,
  })
  return waitMs
}

/** Signed anew each time: receivers refuse what was signed some minutes ago. */
async function post(
  { post: send, secrets }: DeliverPorts,
  message: WebhookMessage,
  now: number,
): Promise<WebhookAnswer> {
  const { webhookId: id, namespace, url, event } = message
  const body = JSON.stringify(event)
  const timestamp = String(Math.floor(now / SECOND_MS))
  const signature = await signatureOf(await secrets(namespace), { id, timestamp, body })
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature }
  return send({ url, body, headers: { 'content-type': 'application/json', ...headers } })
}

function attemptOf(answer: WebhookAnswer, at: number, now: number): DeliveryAttempt {
  const durationMs = now - at
  return 'error' in answer ? { at, durationMs, error: answer.error } : { at, durationMs, status: answer.status }
}

function isDelivered({ status = 0 }: DeliveryAttempt): boolean {
  return status >= 200 && status < 300
}

/** Undefined where there is no use in another attempt. */
function waitAfter({ clock, random }: DeliverPorts, attempt: number, answer: WebhookAnswer): number | undefined {
  const scheduled = WAITS_MS[attempt - 1]
  if (scheduled === undefined || attempt >= MAX_WEBHOOK_ATTEMPTS) return undefined
  const waitMs = scheduled * (1 + JITTER * random())
  if ('error' in answer) return answer.error === 'ADDRESS_REFUSED' ? undefined : waitMs
  // 410 is the receiver's way to say: never again.
  if (answer.status === 410) return undefined
  return Math.max(waitMs, Math.min(readRetryAfter(answer.retryAfter, clock.now()), MAX_RETRY_AFTER_MS))
}

/** The header in both its forms: seconds, or a date. 0 for what is neither. */
function readRetryAfter(text: string | undefined, now: number): number {
  if (text === undefined) return 0
  const ms = /^\d{1,9}$/.test(text.trim()) ? Number(text) * SECOND_MS : Date.parse(text) - now
  return Number.isNaN(ms) ? 0 : Math.max(0, ms)
}

/** An attempt that cannot be noted has been made all the same: whoever got the webhook is not called again for that. */
async function note({ deliveries, log }: DeliverPorts, key: DeliveryKey, delivery: LoggedDelivery): Promise<void> {
  try {
    await deliveries.write(key, delivery)
  } catch (error) {
    log('error', 'A delivery could not be noted.', {
      jobId: key.id,
      webhookId: delivery.webhookId,
      ...errorFields(error),
    })
  }
}

function logFailure(
  log: Log,
  { webhookId, jobId }: WebhookMessage,
  attempt: number,
  { state, answer }: { readonly state: LoggedDelivery['state']; readonly answer: WebhookAnswer },
): void {
  if (state === 'delivered') return
  const text = state === 'failed' ? 'A webhook was given up.' : 'A webhook was not delivered; it is tried again.'
  log('warn', text, { jobId, webhookId, attempt, ...answer })
}
