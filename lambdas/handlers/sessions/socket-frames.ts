import { ERRORS } from '../../../protocol/kit/errors.ts'
import type { ServerFrame } from '../../../protocol/wire/frames.ts'
import { MAX_SOCKET_MESSAGE_BYTES } from '../../../protocol/kit/limits.ts'
import type { ParsedFrame } from '../../../protocol/wire/parse.ts'
import { parseClientFrame } from '../../../protocol/wire/parse.ts'
import { refuse } from '../../../protocol/kit/parsed.ts'
import { errorFields } from '../../domain/kit/log.ts'
import { cancelJobs, type CancelPorts, toCancelOutcome } from '../../domain/manage/cancel-jobs.ts'
import type { Session } from '../../domain/sessions/session-registry.ts'
import type { SubmitPorts } from '../../domain/submit/submit-jobs.ts'
import { submitJobs } from '../../domain/submit/submit-jobs.ts'
import type { SubscribePorts } from '../../domain/record/subscribe-session.ts'
import { subscribeSession } from '../../domain/record/subscribe-session.ts'
import { watcherOf } from '../../domain/job/watcher.ts'
import { refuseForError } from '../kit/unexpected-error.ts'
import { fitOutcomes } from '../kit/fit-outcomes.ts'

/** The rest of a message is for the frame around the outcomes. */
const MAX_OUTCOMES_BYTES = MAX_SOCKET_MESSAGE_BYTES - 128

export type FramePorts = SubmitPorts & CancelPorts & Pick<SubscribePorts, 'registry'>

/** Returns the answer to one message of a client: for a refusal or an error, an `error` frame with its `ref`. */
export async function handleFrameText(
  ports: FramePorts,
  session: Session | undefined,
  text: string,
  requestId: string,
): Promise<string> {
  const parsed = parseClientFrame(text)
  const { ref } = parsed.ok ? parsed.value : parsed
  const refs = ref === undefined ? {} : { ref }
  if (!parsed.ok) return encodeFrame({ type: 'error', ...refs, error: parsed.error })
  if (session === undefined) {
    return encodeFrame({
      type: 'error',
      ...refs,
      error: refuse('UNAUTHENTICATED', ERRORS.UNAUTHENTICATED.sentence).error,
    })
  }
  try {
    return encodeFrame(await handleFrame(ports, session, parsed.value))
  } catch (error) {
    ports.log('error', 'A frame failed.', { apiRequestId: requestId, frame: parsed.value.type, ...errorFields(error) })
    return encodeFrame({ type: 'error', ...refs, error: refuseForError(error, requestId) })
  }
}

async function handleFrame(ports: FramePorts, session: Session, frame: ParsedFrame): Promise<ServerFrame> {
  const { ref } = frame
  if (frame.type === 'ping') return { type: 'pong', ref }
  if (frame.type === 'subscribe') {
    const { jobs, refused } = await subscribeSession({ ...ports, waitMs: ports.ttlMs }, session, frame.ids)
    const [first] = refused
    if (first === undefined) return { type: 'state', ref, jobs }
    // A client that does not know `refused` understands this.
    if (refused.length === new Set(frame.ids).size) return { type: 'error', ref, error: first.error }
    return { type: 'state', ref, jobs, refused }
  }
  const { namespace } = session
  if (frame.type === 'cancel') {
    const outcomes = await cancelJobs(ports, namespace, frame.ids)
    return {
      type: 'cancelled',
      ref,
      jobs: fitOutcomes(
        outcomes.map((outcome, index) => toCancelOutcome(frame.ids[index]!, outcome)),
        MAX_OUTCOMES_BYTES,
      ),
    }
  }
  const outcomes = await submitJobs(ports, { namespace, watcher: watcherOf(session), jobs: frame.jobs })
  return { type: 'accepted', ref, jobs: fitOutcomes(outcomes, MAX_OUTCOMES_BYTES) }
}

function encodeFrame(frame: ServerFrame): string {
  return JSON.stringify(frame)
}
