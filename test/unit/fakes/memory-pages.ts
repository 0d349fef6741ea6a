import type { FailedJob, JobPages } from '../../../lambdas/domain/list/list-jobs.ts'
import type { ShardPage, ShardRead } from '../../../lambdas/domain/list/walk-shards.ts'
import type { ListedJob } from '../../../protocol/list/list.ts'

/** A namespace's jobs in memory, spread over shards. `reads` says what was asked. */
export class MemoryPages implements JobPages {
  readonly shards: number
  readonly reads: ShardRead[] = []
  readonly jobsById = new Map<string, ListedJob>()
  /** What the index has, where that is not what the jobs are. */
  staleFailures: FailedJob[] = []
  readonly #namespace: string

  constructor(jobs: readonly ListedJob[] = [], { shards = 4, namespace = 'acme' } = {}) {
    this.shards = shards
    this.#namespace = namespace
    for (const job of jobs) this.jobsById.set(job.id, job)
  }

  jobs(namespace: string, read: ShardRead): Promise<ShardPage<ListedJob>> {
    return this.#page(namespace, read, [...this.jobsById.values()], ({ id }) => id)
  }

  states(namespace: string, read: ShardRead): Promise<ShardPage<ListedJob>> {
    return this.jobs(namespace, read)
  }

  failures(namespace: string, read: ShardRead): Promise<ShardPage<FailedJob>> {
    const failed = [...this.jobsById.values()].flatMap(({ id, error, status }) =>
      status === 'failed' ? [{ id, code: error?.code ?? '' }] : [],
    )
    return this.#page(namespace, read, [...failed, ...this.staleFailures], ({ id, code }) => `${id}#${code}`)
  }

  load(_namespace: string, ids: readonly string[]): Promise<ListedJob[]> {
    return Promise.resolve(ids.flatMap((id) => this.jobsById.get(id) ?? []))
  }

  /** How many records all reads together looked at, at most. */
  get lookedAt(): number {
    return this.reads.reduce((sum, { limit }) => sum + limit, 0)
  }

  #page<Entry extends { readonly id: string }>(
    namespace: string,
    read: ShardRead,
    entries: readonly Entry[],
    keyOf: (entry: Entry) => string,
  ): Promise<ShardPage<Entry>> {
    this.reads.push(read)
    const { shard, range, order, limit } = read
    const sign = order === 'asc' ? 1 : -1
    const inRange = entries
      .filter(({ id }) => namespace === this.#namespace && shardOf(id, this.shards) === shard)
      .filter((entry) => keyOf(entry) >= range.from && keyOf(entry) <= range.to)
      .sort((one, other) => (keyOf(one) < keyOf(other) ? -sign : sign))
    const page = inRange.slice(0, limit)
    // As DynamoDB does, which says that there may be more as soon as the limit is reached.
    const readTo = page.length === limit ? { readTo: page.at(-1)!.id } : {}
    return Promise.resolve({ entries: page, looked: page.length, ...readTo })
  }
}

function shardOf(id: string, shards: number): number {
  const hash = id.split('').reduce((sum, character) => Math.imul(sum ^ character.charCodeAt(0), 0x01000193), 0x811c9dc5)
  return (hash >>> 0) % shards
}

let made = 0

/** A job as lists have it. */
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
