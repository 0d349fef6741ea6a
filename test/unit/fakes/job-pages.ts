import type { FailedJob, JobPages } from '../../../lambdas/domain/list/job-pages.ts'
import type { ShardPage, ShardRead } from '../../../lambdas/domain/list/job-pages.ts'
import type { ListedJob, Payload } from '../../../protocol/list/list.ts'
import { MemoryJobPages } from '../../../sdk/src/testing/job-pages.ts'

/** The jobs of one namespace in memory, spread over shards. `reads` are the reads that were made of a shard. */
export class FakeJobPages implements JobPages {
  readonly shards: number
  readonly reads: ShardRead[] = []
  readonly jobsById = new Map<string, ListedJob>()
  /** Entries of the index of failed jobs that are out of date. */
  staleFailures: FailedJob[] = []
  readonly #table: MemoryJobPages
  readonly #index: MemoryJobPages

  constructor(jobs: readonly ListedJob[] = [], { shards = 4, namespace = 'acme' } = {}) {
    this.shards = shards
    for (const job of jobs) this.jobsById.set(job.id, job)
    const jobsOf = (asked: string) => (asked === namespace ? [...this.jobsById.values()] : [])
    const stale = () => this.staleFailures.map(({ id, code }) => failedJob(id, code))
    this.#table = new MemoryJobPages({ jobsOf, shards })
    this.#index = new MemoryJobPages({ jobsOf: (asked) => [...jobsOf(asked), ...stale()], shards })
  }

  jobs(namespace: string, read: ShardRead, include: readonly Payload[]): Promise<ShardPage<ListedJob>> {
    this.reads.push(read)
    return this.#table.jobs(namespace, read, include)
  }

  states(namespace: string, read: ShardRead): Promise<ShardPage<ListedJob>> {
    this.reads.push(read)
    return this.#table.states(namespace, read)
  }

  failures(namespace: string, read: ShardRead): Promise<ShardPage<FailedJob>> {
    this.reads.push(read)
    return this.#index.failures(namespace, read)
  }

  load(namespace: string, ids: readonly string[], include: readonly Payload[]): Promise<ListedJob[]> {
    return this.#table.load(namespace, ids, include)
  }

  /** The most records that all reads together may have looked at. */
  get lookedAt(): number {
    return this.reads.reduce((sum, { limit }) => sum + limit, 0)
  }
}

let made = 0

/** Makes a job as lists have it. */
export function listedJob(job: Partial<ListedJob> = {}): ListedJob {
  return {
    id: `job-${String(made++).padStart(5, '0')}`,
    version: 1,
    status: 'pending',
    attempts: 0,
    task: 'echo',
    priority: 'normal',
    queue: 'default',
    createdAt: 1_000,
    expiresAt: 100_000,
    ...job,
  }
}

export function failedJob(id: string, code: string): ListedJob {
  return listedJob({ id, status: 'failed', error: { code, message: 'no', retryable: true } })
}
