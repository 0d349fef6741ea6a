import type { APIGatewayEventWebsocketRequestContextV2, APIGatewayProxyResult } from 'aws-lambda'
import type { APIGatewayProxyWebsocketEventV2WithRequestContext } from 'aws-lambda'
import { connectSession } from '../../domain/sessions/connect-session.ts'
import { disconnectSession } from '../../domain/sessions/disconnect-session.ts'
import type { Session, SessionRegistry } from '../../domain/sessions/session-registry.ts'
import type { FramePorts } from './socket-frames.ts'
import { answerText } from './socket-frames.ts'

export interface SocketPorts extends FramePorts {
  readonly registry: SessionRegistry
}

type RequestContext = APIGatewayEventWebsocketRequestContextV2 & {
  readonly authorizer?: { readonly namespace?: string; readonly session?: string }
}

/** `$disconnect` has no body. */
export type SocketEvent = Omit<APIGatewayProxyWebsocketEventV2WithRequestContext<RequestContext>, 'body'> & {
  readonly body?: string
}

/** Answers the socket's routes. What it returns as `body` goes back over the socket. */
export function createSocketHandler(ports: SocketPorts): (event: SocketEvent) => Promise<APIGatewayProxyResult> {
  return async ({ requestContext, body = '' }) => {
    const session = sessionOf(requestContext)
    switch (requestContext.routeKey) {
      case '$connect':
        if (session === undefined) return { statusCode: 400, body: 'Give a session in the query: an id of your own.' }
        await connectSession(ports, session)
        return { statusCode: 200, body: '' }
      case '$disconnect':
        if (session !== undefined) await disconnectSession(ports, session)
        return { statusCode: 200, body: '' }
      default:
        return { statusCode: 200, body: await answerText(ports, session, body, requestContext.requestId) }
    }
  }
}

function sessionOf({ authorizer, connectionId }: RequestContext): Session | undefined {
  const { namespace, session } = authorizer ?? {}
  return namespace && session ? { namespace, session, connectionId } : undefined
}
