import type { JobUpdate } from '../../../protocol/job/job.ts'

/** One update on its way to those who watch the job. */
export interface Push {
  readonly namespace: string
  readonly update: JobUpdate
  readonly watchers: readonly string[]
}

/** The socket, as seen from here. */
export interface Pusher {
  /**
   * Resolves once every push was tried, and never rejects: a watcher that could not be reached asks again when
   * it comes back.
   */
  push(pushes: readonly Push[]): Promise<void>
}
