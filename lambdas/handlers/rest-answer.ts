import type { APIGatewayProxyResult } from 'aws-lambda'
import type { WireError } from '../../protocol/errors.ts'
import { ERRORS } from '../../protocol/errors.ts'
import type { ErrorAnswer } from '../../protocol/rest.ts'

/** A browser shows an answer to its page only where the answer says so itself; tokens are no cookies, so any may. */
const CORS_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, content-type',
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-expose-headers': 'allow',
  'access-control-max-age': '86400',
}

export function answer(
  statusCode: number,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyResult {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', ...CORS_HEADERS, ...headers },
    body: body === undefined ? '' : JSON.stringify(body),
  }
}

export function refusal(error: WireError, headers?: Readonly<Record<string, string>>): APIGatewayProxyResult {
  return answer(ERRORS[error.code].status, { error } satisfies ErrorAnswer, headers)
}
