import { MAX_WEBHOOK_ATTEMPTS } from '../../../protocol/kit/limits.ts'
import type { DeliveryAttempt, WebhookMessage } from '../../../protocol/webhooks/webhook.ts'
import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import { signWebhook } from './sign-webhook.ts'
import type { DeliveryKey, DeliveryLog, LoggedDelivery } from './delivery-log.ts'
import type { PostWebhook, WebhookAnswer } from './post-webhook.ts'
import type { WebhookSecrets } from './webhook-secrets.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** The waits after each failed attempt: ten attempts in about a day. */
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
/** A wait is up to this much longer, so that receivers that went down together are not called together. */
const JITTER = 0.1
/** A message may come this much early: SQS counts in whole seconds, and clocks differ. */
const EARLY_MS = SECOND_MS
/** The longest wait that a receiver may ask for. */
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
 * Makes one attempt to deliver a webhook and records it in the log of deliveries, if the attempt is due. `itemId` is the
 * queue's name for the message. Returns the message that carries on the delivery, undefined if none does. Rejects if
 * the attempt could not be made: then the same message comes again.
 */
export async function deliverWebhook(
  ports: DeliverPorts,
  message: WebhookMessage,
  itemId: string,
): Promise<WebhookMessage | undefined> {
  const { namespace, jobId, createdAt, event } = message
  const key = { namespace, id: jobId, createdAt, version: event.data.job.version }
  const at = ports.clock.now()
  if (isEarly(message.dueAt, at)) return message
  const before = await ports.deliveries.read(key)
  if (before !== undefined && !mayCarryOn(before, message, itemId)) return undefined
  const { attemptsMade = 0, nextAttemptAt } = before ?? {}
  // Its attempt was made before. The message that was to follow it may not have been sent.
  if (isEarly(nextAttemptAt, at)) return { ...message, attemptsMade, dueAt: nextAttemptAt }
  const attemptNo = Math.max(attemptsMade, message.attemptsMade ?? 0) + 1
  const answer = await postSigned(ports, message, at)
  const attempt = toAttempt(answer, at, ports.clock.now())
  const waitMs = isDelivered(attempt) ? undefined : waitAfter(ports, attemptNo, answer)
  const state = isDelivered(attempt) ? 'delivered' : waitMs === undefined ? 'failed' : 'retrying'
  const dueAt = waitMs === undefined ? undefined : Math.ceil(ports.clock.now() + waitMs)
  logFailure(ports.log, message, attemptNo, { state, answer })
  const delivery = {
    webhookId: message.webhookId,
    type: event.type,
    version: key.version,
    url: message.url,
    state,
    ...(dueAt === undefined ? {} : { nextAttemptAt: dueAt }),
    attempts: [...(before?.attempts ?? []), attempt],
    itemId,
    attemptsMade: attemptNo,
  } as const
  const isOurs = await recordDelivery(ports, key, delivery, before)
  return isOurs && dueAt !== undefined ? { ...message, attemptsMade: attemptNo, dueAt } : undefined
}

function isEarly(dueAt: number | undefined, now: number): dueAt is number {
  return dueAt !== undefined && dueAt - now > EARLY_MS
}

/**
 * One delivery can have several messages: the end of a job is announced at least once, and a function may die after it
 * sent the next message and before it deleted its own. An attempt is for the first one that comes, and the message that
 * it was made for sends the next one.
 */
function mayCarryOn(before: LoggedDelivery, message: WebhookMessage, itemId: string): boolean {
  if (before.state !== 'retrying') return false
  return before.itemId === itemId || before.attemptsMade <= (message.attemptsMade ?? 0)
}

/** Signs each attempt anew: receivers refuse a signature that is some minutes old. */
async function postSigned(
  { post: send, secrets }: DeliverPorts,
  message: WebhookMessage,
  now: number,
): Promise<WebhookAnswer> {
  const { webhookId: id, namespace, url, event } = message
  const body = JSON.stringify(event)
  const timestamp = String(Math.floor(now / SECOND_MS))
  const signature = await signWebhook(await secrets(namespace), { id, timestamp, body })
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature }
  return send({ url, body, headers: { 'content-type': 'application/json', ...headers } })
}

function toAttempt(answer: WebhookAnswer, at: number, now: number): DeliveryAttempt {
  const durationMs = now - at
  return 'error' in answer ? { at, durationMs, error: answer.error } : { at, durationMs, status: answer.status }
}

function isDelivered({ status = 0 }: DeliveryAttempt): boolean {
  return status >= 200 && status < 300
}

/** Returns undefined if another attempt is of no use. */
function waitAfter({ clock, random }: DeliverPorts, attempt: number, answer: WebhookAnswer): number | undefined {
  const scheduled = WAITS_MS[attempt - 1]
  if (scheduled === undefined || attempt >= MAX_WEBHOOK_ATTEMPTS) return undefined
  const waitMs = scheduled * (1 + JITTER * random())
  if ('error' in answer) return answer.error === 'ADDRESS_REFUSED' ? undefined : waitMs
  // 410 is the receiver's way to say: never again.
  if (answer.status === 410) return undefined
  return Math.max(waitMs, Math.min(readRetryAfter(answer.retryAfter, clock.now()), MAX_RETRY_AFTER_MS))
}

/** Reads the header in both its forms, seconds or a date. Returns 0 for anything else. */
function readRetryAfter(text: string | undefined, now: number): number {
  if (text === undefined) return 0
  const ms = /^\d{1,9}$/.test(text.trim()) ? Number(text) * SECOND_MS : Date.parse(text) - now
  return Number.isNaN(ms) ? 0 : Math.max(0, ms)
}

/**
 * Returns false if another message has made the same attempt meanwhile. Never rejects: an attempt that could not be
 * recorded was still made, and must not be made again for that.
 */
async function recordDelivery(
  { deliveries, log }: DeliverPorts,
  key: DeliveryKey,
  delivery: LoggedDelivery,
  before: LoggedDelivery | undefined,
): Promise<boolean> {
  try {
    return await deliveries.write(key, delivery, before)
  } catch (error) {
    log('error', 'A delivery could not be recorded.', {
      jobId: key.id,
      webhookId: delivery.webhookId,
      ...errorFields(error),
    })
    return true
  }
}

function logFailure(
  log: Log,
  { webhookId, jobId }: WebhookMessage,
  attempt: number,
  { state, answer }: { readonly state: LoggedDelivery['state']; readonly answer: WebhookAnswer },
): void {
  if (state === 'delivered') return
  const text =
    state === 'failed'
      ? 'A webhook was not delivered, and is not tried again.'
      : 'A webhook was not delivered; it is tried again.'
  log('warn', text, { jobId, webhookId, attempt, ...answer })
}
