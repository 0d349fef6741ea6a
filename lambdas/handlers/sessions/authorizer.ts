import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda'
import { ID_PATTERN } from '../../../protocol/job/id.ts'
import type { VerifyToken } from '../../domain/sessions/authenticate-token.ts'
import { authenticateToken } from '../../domain/sessions/authenticate-token.ts'

/** The words with which API Gateway is told to answer 401 and not 500. */
const UNAUTHORIZED = 'Unauthorized'

/**
 * Authorizes both APIs: REST by the `Authorization` header, the socket by the query's `token`, with the `session`
 * that the client made up.
 */
export function createAuthorizerHandler(ports: {
  readonly verify: VerifyToken
}): (event: APIGatewayRequestAuthorizerEvent) => Promise<APIGatewayAuthorizerResult> {
  return async (event) => {
    const caller = await authenticateToken(ports, tokenOf(event))
    if (caller === undefined) throw new Error(UNAUTHORIZED)
    return {
      principalId: caller.subject,
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: wholeStage(event.methodArn) }],
      },
      context: { ...caller, ...sessionOf(event) },
    }
  }
}

/** Of the socket alone: over REST the answer is kept by its token, and serves whoever else comes with that. */
function sessionOf({ requestContext, queryStringParameters }: APIGatewayRequestAuthorizerEvent): { session?: string } {
  const session = requestContext.connectionId === undefined ? undefined : queryStringParameters?.['session']
  return session !== undefined && ID_PATTERN.test(session) ? { session } : {}
}

function tokenOf({
  headers,
  queryStringParameters,
  requestContext,
}: APIGatewayRequestAuthorizerEvent): string | undefined {
  if (requestContext.connectionId !== undefined) return queryStringParameters?.['token']
  const name = Object.keys(headers ?? {}).find((each) => each.toLowerCase() === 'authorization')
  return /^Bearer +(\S+)$/i.exec((name && headers?.[name]) ?? '')?.[1]
}

/** The answer is cached by token and serves every route: a policy for one method would refuse the next. */
function wholeStage(methodArn: string): string {
  const [api, stage] = methodArn.split('/')
  return `${api}/${stage}/*`
}
