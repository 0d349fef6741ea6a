import type { WireError } from '../../protocol/errors.ts'
import type { ServerFrame } from '../../protocol/frames.ts'
import type { JobUpdate } from '../../protocol/job.ts'
import { MAX_IDS_PER_FRAME } from '../../protocol/limits.ts'
import type { Connection } from './connection.ts'
import type { JobwireError } from './errors.ts'
import { FrameQueue } from './frame-queue.ts'
import type { Link } from './link.ts'
import type { Timers } from './timers.ts'
import { TrackedJob } from './tracked-job.ts'

const UNEXPECTED: WireError = { code: 'INTERNAL', message: 'The platform answered with a frame of another type.' }

/**
 * The jobs whose changes this client wants or is sent. Every job that somebody waits for is watched on the
 * current connection; the others are kept only as long as the platform pushes them anyway.
 */
export class WatchList {
  readonly #jobs = new Map<string, TrackedJob>()
  readonly #link: Link
  readonly #queue: FrameQueue<TrackedJob>

  constructor(link: Link, timers: Timers, random: () => number) {
    this.#link = link
    const kind = {
      type: 'subscribe',
      list: 'ids',
      maxItems: MAX_IDS_PER_FRAME,
      maxTries: Infinity,
      durable: false,
      answered: (frame: ServerFrame, jobs: readonly TrackedJob[], connection: Connection) =>
        this.#answered(frame, jobs, connection),
      failed: (job: TrackedJob, error: JobwireError) => this.#failed(job, error),
    } as const
    this.#queue = new FrameQueue<TrackedJob>(kind, link, timers, random)
  }

  /** The one record of that job. */
  track(id: string): TrackedJob {
    return this.attach(new TrackedJob(id))
  }

  /** Takes a job back that may have been let go; where another stands for the same id meanwhile, that one goes on. */
  attach(job: TrackedJob): TrackedJob {
    const present = this.#jobs.get(job.id)
    if (present === undefined) {
      if (!job.ended) this.#jobs.set(job.id, job)
      return job
    }
    if (job.latest !== undefined) this.#apply(present, job.latest)
    return present
  }

  /** Lets a job go that nobody waits for and no connection brings. */
  release(job: TrackedJob): void {
    if (job.watchers.size > 0 || job.submitting > 0 || this.#link.isLive(job.watchedOn)) return
    if (this.#jobs.get(job.id) === job) this.#jobs.delete(job.id)
  }

  /** Makes sure that the changes of a job come to us. One that is being submitted is watched by that. */
  want(job: TrackedJob): void {
    const current = this.#link.current
    if (job.ended || job.submitting > 0 || job.subscribing) return
    if (current !== undefined && job.watchedOn === current) return
    job.subscribing = true
    this.#queue.add(job, JSON.stringify(job.id))
  }

  pushed(updates: readonly JobUpdate[]): void {
    for (const update of updates) {
      const job = this.#jobs.get(update.id)
      if (job !== undefined) this.#apply(job, update)
    }
  }

  opened(): void {
    for (const job of this.#jobs.values()) if (job.watchers.size > 0) this.want(job)
    this.#queue.flushSoon()
  }

  lost(connection: Connection): void {
    for (const job of [...this.#jobs.values()]) if (job.watchedOn === connection) this.release(job)
  }

  fail(error: JobwireError): void {
    this.#queue.drain(error)
    for (const job of [...this.#jobs.values()]) job.fail(error)
  }

  #apply(job: TrackedJob, update: JobUpdate): void {
    job.apply(update)
    if (job.ended) this.#jobs.delete(job.id)
  }

  #answered(
    frame: ServerFrame,
    jobs: readonly TrackedJob[],
    connection: Connection,
  ): readonly (WireError | undefined)[] {
    if (frame.type !== 'state') return jobs.map(() => UNEXPECTED)
    for (const job of jobs) {
      job.subscribing = false
      job.watchedOn = connection
    }
    this.pushed(frame.jobs)
    // A replaced connection has answered: its successor must be asked as well.
    for (const job of jobs) if (job.watchers.size > 0) this.want(job)
    return []
  }

  /** A subscribe that went down with its connection is asked again on the next; only a refusal reaches the waiting. */
  #failed(job: TrackedJob, error: JobwireError): void {
    job.subscribing = false
    if (error.code !== 'NO_ANSWER') job.fail(error)
    // Where the connection had been replaced already, no `opened` follows.
    else if (job.watchers.size > 0 && this.#link.current !== undefined) this.want(job)
    this.release(job)
  }
}
