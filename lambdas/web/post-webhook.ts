import type { LookupAddress } from 'node:dns'
import { promises as dns } from 'node:dns'
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { isIP } from 'node:net'
import { MAX_WEBHOOK_ANSWER_MS } from '../../protocol/kit/limits.ts'
import { parseUrl } from '../../protocol/webhooks/parse-webhook.ts'
import type { WebhookTargets } from '../domain/webhooks/check-webhook.ts'
import { bareHost, addressProblem } from '../domain/webhooks/check-webhook.ts'
import type { Clock } from '../../protocol/kit/clock.ts'
import { isPublicAddress } from '../domain/webhooks/public-address.ts'
import type { PostWebhook, WebhookAnswer, WebhookRequest } from '../domain/webhooks/post-webhook.ts'

/** Returns every address of a name. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>

export interface PostParts {
  readonly targets: WebhookTargets
  readonly clock: Clock
  /** The system's resolver by default. */
  readonly resolve?: Resolve
  /** Certificate authorities to trust instead of the usual ones. */
  readonly ca?: string
}

/** Only the status of an answer counts. Of its body this much is read, so that most receivers can send it whole. */
const MAX_ANSWER_BYTES = 16 * 1024

/**
 * Makes requests to addresses that strangers have chosen. A name is resolved once. If any of its addresses is not
 * public, the request is not made; otherwise it connects to those addresses only, so that a name that points elsewhere
 * a moment later (DNS rebinding) changes nothing. Redirects are not followed. One time limit covers it all.
 */
export function createPostWebhook(parts: PostParts): PostWebhook {
  return (request) => {
    return new Promise<WebhookAnswer>((resolve) => {
      const stop = new AbortController()
      let answered: WebhookAnswer | undefined
      const cancelTimer = parts.clock.after(MAX_WEBHOOK_ANSWER_MS, () => {
        const reason = `No answer came within ${MAX_WEBHOOK_ANSWER_MS} ms.`
        resolve(answered ?? { error: 'TIMEOUT', reason })
        stop.abort(new Error(reason))
      })
      const onAnswer = (answer: WebhookAnswer): void => {
        answered = answer
      }
      void postChecked(parts, request, { signal: stop.signal, onAnswer })
        .catch(toFailedAnswer)
        .then((answer) => {
          cancelTimer()
          resolve(answer)
        })
    })
  }
}

interface RequestControl {
  readonly signal: AbortSignal
  /** Called once the status is known: the rest of the answer may still take its time. */
  readonly onAnswer: (answer: WebhookAnswer) => void
}

async function postChecked(parts: PostParts, request: WebhookRequest, control: RequestControl): Promise<WebhookAnswer> {
  const url = parseUrl(request.url)
  const problem = url === undefined ? 'The address is invalid.' : addressProblem(url, parts.targets)
  if (url === undefined || problem !== undefined) return { error: 'ADDRESS_REFUSED', reason: problem! }
  const host = bareHost(url.hostname)
  const addresses = await findAddresses(parts, host)
  if (addresses.length === 0) return { error: 'ADDRESS_NOT_FOUND', reason: `${host} has no address.` }
  const refused = parts.targets === 'any' ? undefined : addresses.find(({ address }) => !isPublicAddress(address))
  if (refused !== undefined) return { error: 'ADDRESS_REFUSED', reason: `${host} is at ${refused.address}.` }
  // The time may have passed meanwhile.
  control.signal.throwIfAborted()
  return sendRequest(openRequest(parts, url, request, addresses), request.body, control)
}

async function findAddresses({ resolve = resolveAll }: PostParts, host: string): Promise<readonly LookupAddress[]> {
  const family = isIP(host)
  return family === 0 ? resolve(host) : [{ address: host, family }]
}

function resolveAll(host: string): Promise<LookupAddress[]> {
  return dns.lookup(host, { all: true })
}

function openRequest(
  { ca }: PostParts,
  url: URL,
  { headers, body }: WebhookRequest,
  addresses: readonly LookupAddress[],
): ClientRequest {
  const options: RequestOptions & { ca?: string } = {
    method: 'POST',
    // Each request has a connection of its own, so that receivers share nothing.
    agent: false,
    // Returns the addresses that were checked, whatever the name, in place of the resolver.
    lookup: lookupOf(addresses),
    headers: {
      ...headers,
      'content-length': Buffer.byteLength(body),
      'user-agent': 'Jobwire-Webhooks/1',
      connection: 'close',
    },
    ...(ca === undefined ? {} : { ca }),
  }
  return url.protocol === 'https:' ? requestHttps(url, options) : requestHttp(url, options)
}

function lookupOf(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, { all }, callback) => {
    if (all === true) callback(null, [...addresses])
    else callback(null, addresses[0]!.address, addresses[0]!.family)
  }
}

/** Resolves with the status once the answer is read, up to a limit. Rejects if no answer comes. */
function sendRequest(
  request: ClientRequest,
  body: string,
  { signal, onAnswer }: RequestControl,
): Promise<WebhookAnswer> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => request.destroy(signal.reason as Error), { once: true })
    request.on('error', reject)
    request.on('response', (response) => {
      const { statusCode: status = 0, headers } = response
      const retryAfter = headers['retry-after']
      const answer = { status, ...(retryAfter === undefined ? {} : { retryAfter }) }
      onAnswer(answer)
      drain(response, () => resolve(answer))
    })
    request.end(body)
  })
}

function drain(response: IncomingMessage, done: () => void): void {
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) response.destroy()
  })
  // The status counts even if the body breaks off.
  response.on('error', () => undefined)
  response.on('close', done)
}

/** Codes of Node's resolver for a name without an address. */
const NOT_FOUND = /^(ENOTFOUND|ENODATA|EAI_NODATA|EAI_NONAME|EAI_AGAIN)$/
/** Codes of OpenSSL and of Node for a certificate that cannot be trusted, and for an answer that is not TLS. */
const TLS = /^(ERR_(TLS|SSL)_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|EPROTO$)/

function toFailedAnswer(error: unknown): WebhookAnswer {
  const { code = '', message = String(error) } = error as { code?: string; message?: string }
  const reason = code === '' ? message : `${code}: ${message}`
  if (NOT_FOUND.test(code)) return { error: 'ADDRESS_NOT_FOUND', reason }
  return { error: TLS.test(code) ? 'TLS_FAILED' : 'CONNECTION_FAILED', reason }
}
