import type { WireError } from '../../protocol/errors.ts'
import type { ServerFrame } from '../../protocol/frames.ts'
import type { SubmitOutcome } from '../../protocol/job.ts'
import type { Connection } from './connection.ts'
import type { JobwireError } from './errors.ts'
import { NO_OUTCOME } from './frame-queue.ts'
import type { FrameQueue, Queues } from './frame-queue.ts'
import { JOBS_PER_FRAME, MAX_SENDS } from './pace.ts'

export interface Acceptance {
  readonly outcome: SubmitOutcome
  /** The connection that will bring the job's changes. */
  readonly connection: Connection
}

interface Submission {
  accepted(acceptance: Acceptance): void
  rejected(error: JobwireError): void
}

/** Submits over the socket, many to a frame. */
export class Outbox {
  readonly #queue: FrameQueue<Submission>

  constructor(client: Queues) {
    const kind = {
      type: 'submit',
      list: 'jobs',
      maxItems: JOBS_PER_FRAME,
      maxTries: MAX_SENDS,
      durable: true,
      answered,
      failed: (submission: Submission, error: JobwireError) => submission.rejected(error),
    } as const
    this.#queue = client.queue<Submission>(kind)
  }

  submit(json: string): Promise<Acceptance> {
    return new Promise((accepted, rejected) => this.#queue.add({ accepted, rejected }, json))
  }

  drain(error: JobwireError): void {
    this.#queue.drain(error)
  }
}

function answered(
  frame: ServerFrame,
  submissions: readonly Submission[],
  connection: Connection,
): readonly (WireError | undefined)[] {
  const outcomes: readonly SubmitOutcome[] = frame.type === 'accepted' ? frame.jobs : []
  return submissions.map((submission, place) => {
    const outcome = outcomes[place]
    if (outcome === undefined) return NO_OUTCOME
    if ('error' in outcome) {
      // The place within a frame that the caller knows nothing of would only mislead.
      const { error } = outcome
      return { ...error, path: error.path?.replace(/^jobs\.\d+\./, '') } as WireError
    }
    submission.accepted({ outcome, connection })
    return undefined
  })
}
