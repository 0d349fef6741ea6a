import { isTerminal } from '../../../protocol/job/job.ts'
import type { JobStatus, JobUpdate } from '../../../protocol/job/job.ts'
import type { JobwireError } from '../api/errors.ts'
import { errorOfJob } from '../api/error-codes.ts'

/** A wait for a job in this program. */
export interface Watcher {
  changed(update: JobUpdate): void
  failed(error: JobwireError): void
}

/** One job as this client knows it. Versions only grow, and nothing follows a terminal state. */
export class TrackedJob {
  readonly id: string
  readonly watchers = new Set<Watcher>()
  latest: JobUpdate | undefined
  /** The latest status from the platform, in an update or in the outcome of a submit. */
  status: JobStatus = 'pending'
  /** The number of its submits that are not answered yet. Once one is accepted, the platform pushes its changes. */
  openSubmits = 0
  /** The connection on which the platform was asked to push its changes. */
  watchedOn: object | undefined
  /** True while it waits for a subscribe frame, or for the answer to one. */
  subscribing = false
  /** False for the jobs of a map: nobody asks for them by their ids, so the cache does not keep them. */
  remembered = true
  /** The whole record, fetched because its output was too large to be pushed. */
  whole: Promise<JobUpdate> | undefined

  constructor(id: string) {
    this.id = id
  }

  get hasEnded(): boolean {
    return !!this.latest && isTerminal(this.latest.status)
  }

  apply(update: JobUpdate): void {
    if (this.hasEnded || (this.latest && update.version <= this.latest.version)) return
    this.latest = update
    this.status = update.status
    for (const watcher of [...this.watchers]) watcher.changed(update)
  }

  fail(error: JobwireError): void {
    // Each gets its own error, whose stack shows who waited.
    for (const watcher of [...this.watchers]) watcher.failed(errorOfJob(error, this.id) as JobwireError)
  }
}
