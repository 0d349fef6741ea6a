import type { WireError } from '../../../protocol/kit/errors.ts'
import type { ServerFrame } from '../../../protocol/wire/frames.ts'
import type { SubmitOutcome } from '../../../protocol/job/job.ts'
import type { Connection } from './connection.ts'
import type { JobwireError } from '../api/errors.ts'
import { NO_OUTCOME } from './frame-queue.ts'
import type { FrameKind } from './frame-queue.ts'
import { JOBS_PER_FRAME, MAX_SENDS } from '../time/pace.ts'

export interface Acceptance {
  readonly outcome: SubmitOutcome
  /** The connection on which the job's changes are pushed. */
  readonly connection: Connection
}

export interface Submission {
  accepted(acceptance: Acceptance): void
  rejected(error: JobwireError): void
}

/** The frames that submit over the socket, with many jobs each. */
export const SUBMISSIONS: FrameKind<Submission> = {
  type: 'submit',
  list: 'jobs',
  maxItems: JOBS_PER_FRAME,
  maxTries: MAX_SENDS,
  durable: true,
  answered,
  failed: (submission, error) => submission.rejected(error),
}

function answered(
  frame: ServerFrame,
  submissions: readonly Submission[],
  connection: Connection,
): readonly (WireError | undefined)[] {
  const outcomes: readonly SubmitOutcome[] = frame.type === 'accepted' ? frame.jobs : []
  return submissions.map((submission, place) => {
    const outcome = outcomes[place]
    if (!outcome) return NO_OUTCOME
    if ('error' in outcome) {
      // The caller does not know the place of the job in the frame, so it would only mislead.
      const { error } = outcome
      return { ...error, path: error.path?.replace(/^jobs\.\d+\./, '') } as WireError
    }
    submission.accepted({ outcome, connection })
    return undefined
  })
}
