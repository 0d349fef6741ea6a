import type { WireError } from '../../../protocol/kit/errors.ts'
import type { ServerFrame } from '../../../protocol/wire/frames.ts'
import type { JobUpdate } from '../../../protocol/job/job.ts'
import type { Connection } from '../wire/connection.ts'
import type { JobwireError } from '../api/errors.ts'
import type { FrameQueue, Queues } from '../wire/frame-queue.ts'
import { NO_OUTCOME } from '../wire/frame-queue.ts'
import type { Link } from '../wire/link.ts'
import type { ResultCache } from './result-cache.ts'
import { TrackedJob } from './tracked-job.ts'

/**
 * The jobs whose changes this client wants or is sent. Every job that somebody waits for is watched on the
 * current connection; the others are kept only as long as the platform pushes them anyway.
 */
export class WatchList {
  readonly #jobs = new Map<string, TrackedJob>()
  readonly #link: Link
  readonly #cache: ResultCache
  readonly #queue: FrameQueue<TrackedJob>

  constructor(queues: Queues, link: Link, cache: ResultCache) {
    this.#link = link
    this.#cache = cache
    const kind = {
      type: 'subscribe',
      list: 'ids',
      // Far fewer than a frame may have: on a bad line a long answer would be cut each time, and nothing get on.
      maxItems: 25,
      maxTries: Infinity,
      durable: false,
      answered: (frame: ServerFrame, jobs: readonly TrackedJob[], connection: Connection) =>
        this.#answered(frame, jobs, connection),
      failed: (job: TrackedJob, error: JobwireError) => this.#failed(job, error),
    } as const
    this.#queue = queues.queue<TrackedJob>(kind)
  }

  /** How many jobs are kept. */
  get size(): number {
    return this.#jobs.size
  }

  /** The one record of that job. */
  trackJob(id: string): TrackedJob {
    return this.attach(new TrackedJob(id))
  }

  /** Takes a job back that may have been let go; where another stands for the same id meanwhile, that one goes on. */
  attach(job: TrackedJob): TrackedJob {
    const present = this.#jobs.get(job.id)
    if (!present) {
      if (!job.hasEnded) this.#jobs.set(job.id, job)
      return job
    }
    if (job.latest) this.#apply(present, job.latest)
    return present
  }

  /** Lets a job go that nobody waits for and no connection brings. */
  releaseUnused(job: TrackedJob): void {
    if (job.watchers.size > 0 || job.openSubmits > 0 || this.#link.isLive(job.watchedOn)) return
    if (this.#jobs.get(job.id) === job) this.#jobs.delete(job.id)
  }

  /** Makes sure that the changes of a job come to us. One that is being submitted is watched by that. */
  want(job: TrackedJob): void {
    if (job.hasEnded || job.openSubmits > 0 || (job.watchedOn && job.watchedOn === this.#link.current)) return
    // Also for one that is in line: whoever put it there may have given up, and the search for a connection with it.
    this.#link.need()
    if (job.subscribing) return
    job.subscribing = true
    this.#queue.add(job, JSON.stringify(job.id))
  }

  pushed(updates: readonly JobUpdate[]): void {
    for (const update of updates) {
      const job = this.#jobs.get(update.id)
      if (job) this.#apply(job, update)
    }
  }

  opened(): void {
    for (const job of this.#jobs.values()) if (job.watchers.size > 0) this.want(job)
  }

  connectionLost(connection: Connection): void {
    for (const job of [...this.#jobs.values()]) if (job.watchedOn === connection) this.releaseUnused(job)
  }

  fail(error: JobwireError): void {
    for (const job of [...this.#jobs.values()]) job.fail(error)
  }

  #apply(job: TrackedJob, update: JobUpdate): void {
    job.apply(update)
    if (!job.hasEnded) return
    if (this.#jobs.delete(job.id) && job.remembered) this.#cache.put(job.latest!)
  }

  #answered(
    frame: ServerFrame,
    jobs: readonly TrackedJob[],
    connection: Connection,
  ): readonly (WireError | undefined)[] {
    if (frame.type !== 'state') return jobs.map(() => NO_OUTCOME)
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
    else if (job.watchers.size > 0 && this.#link.current) this.want(job)
    this.releaseUnused(job)
  }
}
