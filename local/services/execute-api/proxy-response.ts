import { shortenText } from '../../shorten-text.ts'

/** The answer of a function behind an `AWS_PROXY` integration. */
export interface ProxyResponse {
  readonly statusCode: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
  readonly isBase64Encoded: boolean
}

/** The reason why API Gateway would not take an answer. AWS logs it as `Malformed Lambda proxy response`. */
export interface MalformedResponse {
  readonly problem: string
}

const MEMBERS = ['statusCode', 'headers', 'multiValueHeaders', 'body', 'isBase64Encoded']

/**
 * Reads a function's answer as API Gateway does. No member is required and none beyond these five is allowed; the body
 * is a string, and header values are strings or booleans.
 */
export function parseProxyResponse(payload: string): ProxyResponse | MalformedResponse {
  const answer = parseObject(payload)
  if (answer === undefined) return { problem: `it is not an object but ${shortenText(payload, 200)}` }
  const unknown = Object.keys(answer).find((member) => !MEMBERS.includes(member))
  if (unknown !== undefined) return { problem: `it has the unknown member "${unknown}"` }
  const { statusCode = 200, body, isBase64Encoded = false } = answer
  const status = typeof statusCode === 'string' ? Number(statusCode) : statusCode
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 100 || status > 599) {
    return { problem: `its statusCode is ${JSON.stringify(statusCode)}` }
  }
  if (body !== undefined && body !== null && typeof body !== 'string') return { problem: 'its body is not a string' }
  const headers = readHeaders(answer)
  if (headers === undefined) return { problem: 'a header is neither a string nor a boolean' }
  return { statusCode: status, headers, body: body ?? '', isBase64Encoded: isBase64Encoded === true }
}

export function isMalformed(response: ProxyResponse | MalformedResponse): response is MalformedResponse {
  return 'problem' in response
}

function parseObject(payload: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(payload)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** A name in both maps takes the values of `multiValueHeaders`, unless the single value is not among them. */
function readHeaders(answer: Record<string, unknown>): [string, string][] | undefined {
  const multi = Object.entries((answer['multiValueHeaders'] ?? {}) as Record<string, unknown>)
  const single = Object.entries((answer['headers'] ?? {}) as Record<string, unknown>)
  const headers: [string, string][] = []
  for (const [name, values] of multi) {
    for (const value of Array.isArray(values) ? (values as unknown[]) : [values]) {
      if (typeof value !== 'string' && typeof value !== 'boolean') return undefined
      headers.push([name, String(value)])
    }
  }
  for (const [name, value] of single) {
    if (typeof value !== 'string' && typeof value !== 'boolean') return undefined
    const known = headers.some(([other, text]) => other.toLowerCase() === name.toLowerCase() && text === String(value))
    if (!known) headers.push([name, String(value)])
  }
  return headers
}
