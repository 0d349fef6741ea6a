import type { APIGatewayProxyResult } from 'aws-lambda'
import type { WireError } from '../../../protocol/kit/errors.ts'
import { ERRORS } from '../../../protocol/kit/errors.ts'
import type { ErrorAnswer } from '../../../protocol/wire/rest.ts'

/**
 * A browser shows an answer to a page only if these headers allow it. Every page may read it: a token is not a cookie,
 * so no page can use another page's. API Gateway replies to preflight requests itself.
 */
const CORS_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'allow',
}

export function restAnswer(
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

export function restRefusal(error: WireError, headers?: Readonly<Record<string, string>>): APIGatewayProxyResult {
  return restAnswer(ERRORS[error.code].status, { error } satisfies ErrorAnswer, headers)
}
