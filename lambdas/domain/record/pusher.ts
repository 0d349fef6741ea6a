import type { JobUpdate } from '../../../protocol/job/job.ts'

/** One update for the watchers of its job. */
export interface Push {
  readonly namespace: string
  readonly update: JobUpdate
  readonly watchers: readonly string[]
}

/** Pushes updates over the socket. */
export interface Pusher {
  /**
   * Resolves once every push was tried. Never rejects: a watcher that could not be reached asks again when it connects
   * again.
   */
  push(pushes: readonly Push[]): Promise<void>
}
