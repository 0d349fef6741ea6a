import type { APIGatewayEventWebsocketRequestContextV2, APIGatewayProxyResult } from 'aws-lambda'
import type { APIGatewayProxyWebsocketEventV2WithRequestContext } from 'aws-lambda'
import { connectSession } from '../../domain/sessions/connect-session.ts'
import { disconnectSession } from '../../domain/sessions/disconnect-session.ts'
import type { Session, SessionRegistry } from '../../domain/sessions/session-registry.ts'
import type { FramePorts } from './socket-frames.ts'
import { handleFrameText } from './socket-frames.ts'

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

/** Handles the socket's routes. API Gateway sends the `body` that it returns back over the socket. */
export function createSocketHandler(ports: SocketPorts): (event: SocketEvent) => Promise<APIGatewayProxyResult> {
  return async ({ requestContext, body = '' }) => {
    const session = readSession(requestContext)
    switch (requestContext.routeKey) {
      case '$connect':
        if (session === undefined)
          return { statusCode: 400, body: 'Add a session to the query: an id that you make up.' }
        await connectSession(ports, session)
        return { statusCode: 200, body: '' }
      case '$disconnect':
        if (session !== undefined) await disconnectSession(ports, session)
        return { statusCode: 200, body: '' }
      default:
        return { statusCode: 200, body: await handleFrameText(ports, session, body, requestContext.requestId) }
    }
  }
}

function readSession({ authorizer, connectionId }: RequestContext): Session | undefined {
  const { namespace, session } = authorizer ?? {}
  return namespace && session ? { namespace, session, connectionId } : undefined
}
