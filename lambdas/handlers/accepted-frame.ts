import type { AcceptedFrame } from '../../protocol/frames.ts'
import type { SubmitOutcome } from '../../protocol/job.ts'
import { MAX_SOCKET_MESSAGE_BYTES } from '../../protocol/limits.ts'
import { exceedsUtf8 } from '../../protocol/utf8.ts'

/**
 * The answer to a submit. A frame of a thousand bad jobs has more to say than a message may hold: then each error
 * keeps its code and place, and loses its sentence.
 */
export function acceptedFrame(ref: number, jobs: readonly SubmitOutcome[]): AcceptedFrame {
  const frame: AcceptedFrame = { type: 'accepted', ref, jobs }
  if (!exceedsUtf8(JSON.stringify(frame), MAX_SOCKET_MESSAGE_BYTES)) return frame
  return { ...frame, jobs: jobs.map(withoutSentence) }
}

function withoutSentence(outcome: SubmitOutcome): SubmitOutcome {
  if (!('error' in outcome)) return outcome
  return { ...outcome, error: { code: outcome.error.code, message: '' } }
}
