import type { WebhookEvent } from '../../protocol/webhooks/webhook.ts'
import { JobwireError } from './api/errors.ts'

/**
 * The codes of errors that `verifyWebhook` rejects with.
 *
 * @example
 * if (JobwireError.is(error) && error.code === 'WEBHOOK_SIGNATURE_WRONG') return new Response(null, { status: 401 })
 */
export type WebhookErrorCode =
  /** The secret is invalid. A secret is `whsec_` followed by base64, as `GET /webhooks/secret` returns it. */
  | 'WEBHOOK_SECRET_INVALID'
  /** The headers of a webhook are missing or invalid. */
  | 'WEBHOOK_HEADERS_INVALID'
  /** It was signed too long ago, or in the future: it is a copy that somebody kept, or one of the clocks is wrong. */
  | 'WEBHOOK_TIME_WRONG'
  /** No signature matches: it is not from this deployment, was changed on the way, or has another secret. */
  | 'WEBHOOK_SIGNATURE_WRONG'
  /** The body is not the text or bytes that were sent (it may have been parsed), or the signed text is not an event. */
  | 'WEBHOOK_BODY_INVALID'

/**
 * The options of `verifyWebhook`.
 *
 * @example
 * await verifyWebhook(body, headers, secret, { toleranceMs: 60_000 })
 */
export interface VerifyWebhookOptions {
  /** The largest difference between the time of the signature and now, either way. Five minutes by default. */
  readonly toleranceMs?: number
  /** Returns the present time in epoch milliseconds. `Date.now` by default. */
  readonly now?: () => number
}

/**
 * The headers of a request: a `Headers` object, or an object like those of Node and Express, with names in any case.
 *
 * @example
 * const headers: WebhookHeaders = { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature }
 */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>

const PREFIX = 'whsec_'
const TOLERANCE_MS = 5 * 60_000
const SHA256_BYTES = 32

/**
 * Checks that a request is a webhook of your deployment, by the Standard Webhooks specification, and returns the event.
 * Rejects with a `JobwireError` if it is not: answer that with 400. Pass the body as it was received, before anything
 * parses it. While a secret is being changed, pass a list of both. Runs wherever there is WebCrypto: in Node, browsers
 * and edge runtimes.
 *
 * @example
 * const event = await verifyWebhook(await request.text(), request.headers, process.env.WEBHOOK_SECRET!)
 * if (event.type === 'job.success') await save(event.data.job.output, event.data.data)
 */
export async function verifyWebhook<Output = any, Data = any>(
  body: string | ArrayBuffer | Uint8Array,
  headers: WebhookHeaders,
  secret: string | readonly string[],
  { toleranceMs = TOLERANCE_MS, now = Date.now }: VerifyWebhookOptions = {},
): Promise<WebhookEvent<Output, Data>> {
  const keys = await Promise.all((typeof secret === 'string' || !secret ? [secret] : secret).map(readSecret))
  if (keys.length === 0) throw webhookError('WEBHOOK_SECRET_INVALID', 'Give at least one secret.')
  const bytes = toBytes(body)
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) =>
    readHeader(headers, `webhook-${name}`),
  )
  checkTime(timestamp!, now(), toleranceMs)
  const signed = concatenate(encode(`${id}.${timestamp}.`), bytes)
  for (const signature of signaturesIn(signatures!)) {
    for (const key of keys) {
      // Compares in constant time.
      if (await crypto.subtle.verify('HMAC', key, signature, signed)) return readEvent(bytes)
    }
  }
  throw webhookError(
    'WEBHOOK_SIGNATURE_WRONG',
    'No signature of the webhook matches. Is it the secret of this namespace?',
  )
}

async function readSecret(secret: unknown) {
  const key = typeof secret === 'string' ? fromBase64(secret.replace(PREFIX, '')) : undefined
  if (key === undefined || key.length === 0) {
    throw webhookError(
      'WEBHOOK_SECRET_INVALID',
      `A secret is "${PREFIX}" followed by base64, as GET /webhooks/secret returns it.`,
    )
  }
  return crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
}

function toBytes(body: unknown): Uint8Array<ArrayBuffer> {
  if (typeof body === 'string') return encode(body)
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  // Copied, because it may be a part of a larger buffer, or shared memory.
  if (ArrayBuffer.isView(body)) return new Uint8Array(new Uint8Array(body.buffer, body.byteOffset, body.byteLength))
  throw webhookError(
    'WEBHOOK_BODY_INVALID',
    'The body must be the received text or bytes, not an object: verify it before anything parses it.',
  )
}

function readHeader(headers: WebhookHeaders, name: string): string {
  const value = typeof headers?.get === 'function' ? headers.get(name) : findHeader(headers, name)
  if (typeof value === 'string' && value !== '') return value
  throw webhookError('WEBHOOK_HEADERS_INVALID', `The request has no header "${name}".`)
}

function findHeader(headers: WebhookHeaders, name: string): unknown {
  const [, value] = Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name) ?? []
  return Array.isArray(value) ? value[0] : value
}

function checkTime(timestamp: string, now: number, toleranceMs: number): void {
  if (!/^\d{1,12}$/.test(timestamp)) {
    throw webhookError('WEBHOOK_HEADERS_INVALID', 'The header "webhook-timestamp" must be a number of seconds.')
  }
  const distanceMs = now - Number(timestamp) * 1_000
  if (Math.abs(distanceMs) <= toleranceMs) return
  const when = distanceMs > 0 ? 'too long ago' : 'in the future'
  throw webhookError(
    'WEBHOOK_TIME_WRONG',
    `The webhook was signed ${when}: it is a copy, or one of the two clocks is wrong.`,
  )
}

/** The signatures of version 1. Those of other versions are not ours. */
function signaturesIn(header: string): Uint8Array<ArrayBuffer>[] {
  return header.split(' ').flatMap((part) => {
    const signature = part.startsWith('v1,') ? fromBase64(part.slice(3)) : undefined
    return signature?.length === SHA256_BYTES ? [signature] : []
  })
}

function readEvent<Event>(bytes: Uint8Array): Event {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Event
  } catch (error) {
    throw webhookError('WEBHOOK_BODY_INVALID', 'The signed body is not JSON.', error)
  }
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(first.length + second.length)
  joined.set(first)
  joined.set(second, first.length)
  return joined
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}

function webhookError(code: WebhookErrorCode, message: string, cause?: unknown): JobwireError {
  return new JobwireError(code, message, { cause })
}

export { JobwireError } from './api/errors.ts'
export type { WebhookEvent, WebhookJob } from '../../protocol/webhooks/webhook.ts'
