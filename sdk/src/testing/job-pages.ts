import type { FailedJob, JobPages } from '../../../lambdas/domain/list/job-pages.ts'
import type { ShardPage, ShardRead } from '../../../lambdas/domain/list/job-pages.ts'
import type { JobRecord } from '../../../protocol/job/job.ts'
import type { ListedJob, Payload } from '../../../protocol/list/list.ts'

export interface MemoryJobPagesOptions {
  /** Returns the jobs of a namespace that have not expired, in any order. */
  readonly jobsOf: (namespace: string) => readonly (ListedJob | JobRecord)[]
  readonly shards?: number
}

/** Reads lists of the jobs in memory, which are spread over shards as in a table. */
export class MemoryJobPages implements JobPages {
  readonly shards: number
  readonly #jobsOf: MemoryJobPagesOptions['jobsOf']

  constructor({ jobsOf, shards = 1 }: MemoryJobPagesOptions) {
    this.#jobsOf = jobsOf
    this.shards = shards
  }

  async jobs(namespace: string, read: ShardRead, include: readonly Payload[]): Promise<ShardPage<ListedJob>> {
    const page = this.#page(read, this.#jobsOf(namespace), ({ id }) => id)
    return { ...page, entries: page.entries.map((job) => listedJob(job, include)) }
  }

  states(namespace: string, read: ShardRead): Promise<ShardPage<ListedJob>> {
    return this.jobs(namespace, read, [])
  }

  async failures(namespace: string, read: ShardRead): Promise<ShardPage<FailedJob>> {
    const failed = this.#jobsOf(namespace).flatMap(({ id, status, error }) =>
      status === 'failed' ? [{ id, code: error?.code ?? '' }] : [],
    )
    return this.#page(read, failed, ({ id, code }) => `${id}#${code}`)
  }

  async load(namespace: string, ids: readonly string[], include: readonly Payload[]): Promise<ListedJob[]> {
    return this.#jobsOf(namespace)
      .filter(({ id }) => ids.includes(id))
      .map((job) => listedJob(job, include))
  }

  #page<Entry extends { readonly id: string }>(
    { shard, range, order, limit }: ShardRead,
    all: readonly Entry[],
    sortKey: (entry: Entry) => string,
  ): ShardPage<Entry> {
    const sign = order === 'asc' ? 1 : -1
    const entries = all
      .filter((entry) => shardOf(entry.id, this.shards) === shard)
      .filter((entry) => sortKey(entry) >= range.from && sortKey(entry) <= range.to)
      .sort((one, other) => (sortKey(one) < sortKey(other) ? -sign : sign))
      .slice(0, limit)
    // DynamoDB says that there may be more as soon as the limit is reached.
    return { entries, recordsRead: entries.length, ...(entries.length === limit && { readTo: entries.at(-1)!.id }) }
  }
}

/** Spreads ids over shards. It need not be the hash of the table, because nothing is kept. */
function shardOf(id: string, shards: number): number {
  let sum = 0
  for (let index = 0; index < id.length; index++) sum = (sum * 31 + id.charCodeAt(index)) % 65_536
  return sum % shards
}

function listedJob(job: ListedJob | JobRecord, include: readonly Payload[]): ListedJob {
  const { namespace: _namespace, idempotencyKey: _key, webhook: _webhook, input, output, ...rest } = job as JobRecord
  return {
    ...rest,
    ...(include.includes('input') && { input }),
    ...(include.includes('output') && output !== undefined && { output }),
  }
}
