import { ERRORS } from '../../protocol/errors.ts'
import type { ServerFrame } from '../../protocol/frames.ts'
import type { ParsedFrame } from '../../protocol/parse.ts'
import { parseClientFrame } from '../../protocol/parse.ts'
import { refuse } from '../../protocol/parsed.ts'
import { errorFields } from '../domain/log.ts'
import type { Pusher, Session } from '../domain/ports.ts'
import type { SubmitPorts } from '../domain/submit-jobs.ts'
import { submitJobs } from '../domain/submit-jobs.ts'
import { subscribeSession } from '../domain/subscribe-session.ts'
import { watcherOf } from '../domain/watcher.ts'
import { acceptedFrame } from './accepted-frame.ts'

export interface FramePorts extends SubmitPorts {
  readonly pusher: Pusher
}

/** Answers one message of a client; whatever goes wrong is an `error` frame with the `ref` it came with. */
export async function answerText(
  ports: FramePorts,
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

async function answerFrame(ports: FramePorts, session: Session, frame: ParsedFrame): Promise<ServerFrame> {
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
