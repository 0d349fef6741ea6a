import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { namedValues } from '../../named-values.ts'

type MultiValues = Record<string, string[]>

/** Headers as events carry them: the last value of each name, and all values of each. */
export interface EventHeaders {
  readonly headers: Record<string, string>
  readonly multiValueHeaders: MultiValues
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
// CloudFront, in front of an edge-optimised REST API, capitalises these whatever the client sent.
const CAPITALISED = new Map([
  ['authorization', 'Authorization'],
  ['user-agent', 'User-Agent'],
])

/**
 * Returns the client's headers in its own spelling, without the ones in `leaveOut`, and with those that API Gateway
 * adds.
 */
export function eventHeaders(request: IncomingMessage, leaveOut: readonly string[]): EventHeaders {
  const multiValueHeaders: MultiValues = namedValues()
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const raw = request.rawHeaders[index]!
    if (leaveOut.includes(raw.toLowerCase())) continue
    const name = CAPITALISED.get(raw.toLowerCase()) ?? raw
    multiValueHeaders[name] = [...(multiValueHeaders[name] ?? []), request.rawHeaders[index + 1]!]
  }
  multiValueHeaders['X-Amzn-Trace-Id'] ??= [traceId()]
  multiValueHeaders['X-Forwarded-For'] = [sourceIp(request)]
  multiValueHeaders['X-Forwarded-Port'] = ['443']
  multiValueHeaders['X-Forwarded-Proto'] = ['https']
  return { headers: lastValues(multiValueHeaders), multiValueHeaders }
}

/** Finds a header by its name, in any case. */
export function headerIn({ headers }: EventHeaders, name: string): string | undefined {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
}

export function eventQuery(query: URLSearchParams): { single: Record<string, string>; multi: MultiValues } {
  const multi: MultiValues = namedValues()
  for (const [name, value] of query) multi[name] = [...(multi[name] ?? []), value]
  return { single: lastValues(multi), multi }
}

function lastValues(multi: MultiValues): Record<string, string> {
  return namedValues(Object.entries(multi).map(([name, values]) => [name, values.at(-1)!]))
}

export function sourceIp(request: IncomingMessage): string {
  return (request.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, '')
}

/** Formats a time like `20/Nov/2026:10:17:47 +0000`, as in `requestContext.requestTime`. */
export function logTime(epochMs: number): string {
  const time = new Date(epochMs)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${two(time.getUTCDate())}/${MONTHS[time.getUTCMonth()]}/${time.getUTCFullYear()}`
  return `${day}:${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())} +0000`
}

/** Makes an id like `L0SM9cOFvHcCIhw=`, as API Gateway's connections, messages and extended requests have it. */
export function gatewayId(): string {
  return `${randomBytes(11).toString('base64url')}=`
}

function traceId(): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16)
  return `Root=1-${seconds}-${randomBytes(12).toString('hex')}`
}

export function apiDomain(apiId: string, region: string): string {
  return `${apiId}.execute-api.${region}.amazonaws.com`
}
