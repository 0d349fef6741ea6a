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
 * The jobs whose changes this client needs or receives. Every job that somebody waits for is watched on the current
 * connection. The others are kept only as long as the platform pushes them anyway.
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
      // Far fewer than a frame may have: on a bad line, a long answer would be cut off again and again.
      maxItems: 25,
      maxTries: Infinity,
      durable: false,
      answered: (frame: ServerFrame, jobs: readonly TrackedJob[], connection: Connection) =>
        this.#answered(frame, jobs, connection),
      failed: (job: TrackedJob, error: JobwireError) => this.#failed(job, error),
    } as const
    this.#queue = queues.queue<TrackedJob>(kind)
  }

  /** The number of jobs that are kept. */
  get size(): number {
    return this.#jobs.size
  }

  /** Returns the only `TrackedJob` of that id. */
  trackJob(id: string): TrackedJob {
    return this.attach(new TrackedJob(id))
  }

  /** Takes back a job that may have been released. If another has taken its place meanwhile, returns that one. */
  attach(job: TrackedJob): TrackedJob {
    const present = this.#jobs.get(job.id)
    if (!present) {
      if (!job.hasEnded) this.#jobs.set(job.id, job)
      return job
    }
    if (job.latest) this.#apply(present, job.latest)
    return present
  }

  /** Releases a job if nobody waits for it and no connection pushes its changes. */
  releaseUnused(job: TrackedJob): void {
    if (job.watchers.size > 0 || job.openSubmits > 0 || this.#link.isLive(job.watchedOn)) return
    if (this.#jobs.get(job.id) === job) this.#jobs.delete(job.id)
  }

  /** Makes sure that the changes of a job are pushed to us. A submit does that by itself. */
  want(job: TrackedJob): void {
    if (job.hasEnded || job.openSubmits > 0 || (job.watchedOn && job.watchedOn === this.#link.current)) return
    // Also for a job that is queued: the wait that queued it may have given up, and with it the search for a connection.
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
    const errors = jobs.map((job) => {
      job.watchedOn = connection
      const error = frame.refused?.find((each) => each.id === job.id)?.error
      // The queue asks for a refused job again.
      job.subscribing = !!error
      return error
    })
    this.pushed(frame.jobs)
    // If a replaced connection has answered, its successor must be asked as well.
    for (const job of jobs) if (job.watchers.size > 0) this.want(job)
    return errors
  }

  /** A subscribe that was lost with its connection is sent again on the next. Only a refusal reaches those who wait. */
  #failed(job: TrackedJob, error: JobwireError): void {
    job.subscribing = false
    if (error.code !== 'NO_ANSWER') job.fail(error)
    // If the connection had been replaced already, no `opened` follows.
    else if (job.watchers.size > 0 && this.#link.current) this.want(job)
    this.releaseUnused(job)
  }
}
