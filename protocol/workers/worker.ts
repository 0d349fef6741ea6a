/**
 * Who runs jobs: for now an execution environment of a lane's function. Workers belong to no namespace, and their
 * numbers are of the jobs of all. Times are epoch milliseconds.
 *
 * @example
 * const takesNothing = ({ lastSeenAt, lastClaimAt }: WorkerInfo) => lastSeenAt - lastClaimAt > 600_000
 */
export interface WorkerInfo {
  /** The name of the queue, a colon, and 26 letters and digits that sort by time. */
  readonly id: string
  readonly kind: 'lambda'
  /** The lane of compute that it belongs to. */
  readonly queue: string
  /** What it can run: the tasks of its own bundle that name this queue, in the order of their names. */
  readonly tasks: readonly string[]
  readonly startedAt: number
  /** When it was last heard of: about once a minute while it has work, and not while it rests. */
  readonly lastSeenAt: number
  /** When it last took jobs, as of `lastSeenAt`. */
  readonly lastClaimAt: number
  /** How many jobs it has taken, as of `lastSeenAt`; one that ran several times counts each time. */
  readonly claims: number
  /** Facts about it, like its `region`, its `memoryMb` and the version of `node` that it runs on. */
  readonly metadata: Readonly<Record<string, string | number | boolean>>
  /** When it is taken for gone, unless it is heard of again. */
  readonly expiresAt: number
}

/**
 * Answers `GET /workers`, in the order of the ids.
 *
 * @example
 * const { workers, next }: WorkersAnswer = await jobs.workers({ queue: 'default', limit: 20 })
 */
export interface WorkersAnswer {
  readonly workers: readonly WorkerInfo[]
  /** Where there may be more: the id to give as `after`. */
  readonly next?: string
}
