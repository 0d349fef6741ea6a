import type { APIGatewayProxyResult, APIGatewayProxyWebsocketEventV2WithRequestContext } from 'aws-lambda'
import type { APIGatewayEventWebsocketRequestContextV2 } from 'aws-lambda'
import { ERRORS } from '../../protocol/errors.ts'
import type { ServerFrame } from '../../protocol/frames.ts'
import type { ParsedFrame } from '../../protocol/parse.ts'
import { parseClientFrame } from '../../protocol/parse.ts'
import { refuse } from '../../protocol/parsed.ts'
import { connectSession } from '../domain/connect-session.ts'
import { disconnectSession } from '../domain/disconnect-session.ts'
import { errorFields } from '../domain/log.ts'
import type { Pusher, Session, SessionRegistry } from '../domain/ports.ts'
import type { SubmitPorts } from '../domain/submit-jobs.ts'
import { submitJobs } from '../domain/submit-jobs.ts'
import { subscribeSession } from '../domain/subscribe-session.ts'
import { watcherOf } from '../domain/watcher.ts'
import { acceptedFrame } from './accepted-frame.ts'

export interface SocketPorts extends SubmitPorts {
  readonly pusher: Pusher
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

async function answerText(
  ports: SocketPorts,
  session: Session | undefined,
  text: string,
  requestId: string,
): Promise<string> {
  const parsed = parseClientFrame(text)
  const { ref } = parsed.ok ? parsed.value : parsed
  const refs = ref === undefined ? {} : { ref }
  if (!parsed.ok) return encode({ type: 'error', ...refs, error: parsed.error })
  if (session === undefined) {
    return encode({ type: 'error', ...refs, error: refuse('UNAUTHENTICATED', ERRORS.UNAUTHENTICATED.sentence).error })
  }
  try {
    return encode(await answerFrame(ports, session, parsed.value))
  } catch (error) {
    ports.log('error', 'A frame failed.', { apiRequestId: requestId, frame: parsed.value.type, ...errorFields(error) })
    const message = `${ERRORS.INTERNAL.sentence} It is ${requestId}.`
    return encode({ type: 'error', ...refs, error: refuse('INTERNAL', message).error })
  }
}

async function answerFrame(ports: SocketPorts, session: Session, frame: ParsedFrame): Promise<ServerFrame> {
  const { ref } = frame
  if (frame.type === 'ping') return { type: 'pong', ref }
  if (frame.type === 'subscribe') {
    return { type: 'state', ref, jobs: await subscribeSession({ ...ports, waitMs: ports.ttlMs }, session, frame.ids) }
  }
  const { namespace } = session
  return acceptedFrame(ref, await submitJobs(ports, { namespace, watcher: watcherOf(session), jobs: frame.jobs }))
}

function encode(frame: ServerFrame): string {
  return JSON.stringify(frame)
}
