import { JOB_ERRORS } from '../../../protocol/kit/errors.ts'
import type { JobFailure } from '../../../protocol/job/job.ts'
import type { JobState, Transition } from '../job/job-state.ts'
import { applyFailureToStart, applyFailureWithoutRun } from '../job/job-state.ts'
import { SEND_AHEAD_MS } from '../queue/long-delay.ts'

/** A time is rounded down to a second where it is given to the scheduler. */
const ROUNDED_MS = 1_000

/**
 * A job whose message could not be sent at the end of a long delay fails, because nothing else would ever end it.
 * `sendAt` is the time for which the message was planned. A job that is under way, or waits for a later time, has
 * another message.
 */
export function applyUnsentDelay(state: JobState, sendAt: number, finishedAt: number): Transition {
  const isThisWait = state.status === 'pending' && (state.dueAt ?? 0) <= sendAt + SEND_AHEAD_MS + ROUNDED_MS
  if (!isThisWait) return { ok: false, refusal: 'superseded' }
  // A job that waited for its next attempt fails with the error of the latest one.
  return applyFailureWithoutRun(state, { error: state.error ?? notSent(), finishedAt })
}

/** The same for the job of a schedule, whose submit may have ended before its message was sent. */
export function applyUnsentJob(state: JobState, finishedAt: number): Transition {
  return applyFailureToStart(state, { error: notSent(), finishedAt })
}

function notSent(): JobFailure {
  return { code: 'MESSAGE_NOT_SENT', message: JOB_ERRORS.MESSAGE_NOT_SENT, retryable: true }
}
