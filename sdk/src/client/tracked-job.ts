import { isTerminal } from '../../../protocol/job/job.ts'
import type { JobStatus, JobUpdate } from '../../../protocol/job/job.ts'
import type { JobwireError } from '../api/errors.ts'
import { errorOfJob } from '../api/error-codes.ts'

/** Somebody in this program who waits for a job. */
export interface Watcher {
  changed(update: JobUpdate): void
  failed(error: JobwireError): void
}

/** What this client knows of one job. Versions only grow, and nothing comes after a terminal state. */
export class TrackedJob {
  readonly id: string
  readonly watchers = new Set<Watcher>()
  latest: JobUpdate | undefined
  /** What the platform said last, in an update or as the outcome of a submit. */
  status: JobStatus = 'pending'
  /** Submits of it that are not answered yet: the platform watches it for us once it has taken one. */
  openSubmits = 0
  /** The connection on which the platform was asked to push its changes. */
  watchedOn: object | undefined
  /** Whether it is in line for a subscribe frame, or in one that is not answered yet. */
  subscribing = false
  /** Whether its end is worth remembering: nobody asks by their ids for the jobs of a map. */
  remembered = true
  /** The record's own output, being fetched because it was too large to be pushed. */
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
    // To each an error of its own, which tells of who has waited.
    for (const watcher of [...this.watchers]) watcher.failed(errorOfJob(error, this.id) as JobwireError)
  }
}
