import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda'
import { ID_PATTERN } from '../../../protocol/job/id.ts'
import type { VerifyToken } from '../../domain/sessions/verify-token.ts'
import { authenticateToken } from '../../domain/sessions/authenticate-token.ts'

/** An error with this text makes API Gateway answer 401 instead of 500. */
const UNAUTHORIZED = 'Unauthorized'

/**
 * Authorizes both APIs: REST by the `Authorization` header, the socket by the `token` in the query, which
 * also has the `session` that the client made up.
 */
export function createAuthorizerHandler(ports: {
  readonly verify: VerifyToken
}): (event: APIGatewayRequestAuthorizerEvent) => Promise<APIGatewayAuthorizerResult> {
  return async (event) => {
    const caller = await authenticateToken(ports, readToken(event))
    if (caller === undefined) throw new Error(UNAUTHORIZED)
    return {
      principalId: caller.subject,
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: wholeStage(event.methodArn) }],
      },
      context: { ...caller, ...sessionContext(event) },
    }
  }
}

/** Only for the socket: over REST, API Gateway caches the answer by the token, for every session with that token. */
function sessionContext({ requestContext, queryStringParameters }: APIGatewayRequestAuthorizerEvent): {
  session?: string
} {
  const session = requestContext.connectionId === undefined ? undefined : queryStringParameters?.['session']
  return session !== undefined && ID_PATTERN.test(session) ? { session } : {}
}

function readToken({
  headers,
  queryStringParameters,
  requestContext,
}: APIGatewayRequestAuthorizerEvent): string | undefined {
  if (requestContext.connectionId !== undefined) return queryStringParameters?.['token']
  const name = Object.keys(headers ?? {}).find((each) => each.toLowerCase() === 'authorization')
  return /^Bearer +(\S+)$/i.exec((name && headers?.[name]) ?? '')?.[1]
}

/** API Gateway caches the answer by the token, for every route: a policy for one method would refuse the others. */
function wholeStage(methodArn: string): string {
  const [api, stage] = methodArn.split('/')
  return `${api}/${stage}/*`
}
