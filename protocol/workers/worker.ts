/**
 * A worker that runs jobs: an execution environment of a lane's function. Workers belong to no namespace, and their
 * numbers count the jobs of all namespaces. Times are epoch milliseconds.
 *
 * @example
 * const takesNothing = ({ lastSeenAt, lastClaimAt }: WorkerInfo) => lastSeenAt - lastClaimAt > 600_000
 */
export interface WorkerInfo {
  /** The name of the queue, a colon, and 26 letters and digits that sort by time. */
  readonly id: string
  readonly kind: 'lambda'
  /** The lane that it belongs to. */
  readonly queue: string
  /** The tasks that it can run: those of its own bundle that name this lane, in the order of their names. */
  readonly tasks: readonly string[]
  readonly startedAt: number
  /** The time of its latest report. It reports about once a minute while it has work, and not while it is idle. */
  readonly lastSeenAt: number
  /** The time when it last took jobs, as of `lastSeenAt`. */
  readonly lastClaimAt: number
  /** The number of jobs that it has taken, as of `lastSeenAt`. A job that ran several times counts each time. */
  readonly claims: number
  /** Facts about it, like its `region`, its `memoryMb` and the version of `node` that it runs on. */
  readonly metadata: Readonly<Record<string, string | number | boolean>>
  /** The time when it leaves the list, unless it reports again. */
  readonly expiresAt: number
}

/**
 * The answer to `GET /workers`, in the order of the ids.
 *
 * @example
 * const { workers, next }: WorkersAnswer = await jobs.workers({ queue: 'default', limit: 20 })
 */
export interface WorkersAnswer {
  readonly workers: readonly WorkerInfo[]
  /** If there may be more: the id to give as `after`. */
  readonly next?: string
}
