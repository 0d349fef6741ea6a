import type { APIGatewayProxyResult } from 'aws-lambda'
import type { WireError } from '../../../protocol/kit/errors.ts'
import { ERRORS } from '../../../protocol/kit/errors.ts'
import type { ErrorAnswer } from '../../../protocol/wire/rest.ts'

/**
 * A browser shows an answer to its page only where the answer says so itself; tokens are no cookies, so any may. Its
 * preflight is answered by the API.
 */
const CORS_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'allow',
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
