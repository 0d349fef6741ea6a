import type { FailedJob, JobPages } from '../../../lambdas/domain/list/list-jobs.ts'
import type { ShardPage, ShardRead } from '../../../lambdas/domain/list/walk-shards.ts'
import type { JobRecord } from '../../../protocol/job/job.ts'
import type { ListedJob, Payload } from '../../../protocol/list/list.ts'
import type { MemoryStore } from './job-store.ts'

/** The jobs in memory, as lists read them: one shard of a table. */
export class MemoryPages implements JobPages {
  readonly shards = 1
  readonly #store: MemoryStore

  constructor(store: MemoryStore) {
    this.#store = store
  }

  async jobs(_namespace: string, read: ShardRead, include: readonly Payload[]): Promise<ShardPage<ListedJob>> {
    const { entries, ...page } = pageOf(this.#store.records(), read, ({ id }) => id)
    return { ...page, entries: entries.map((record) => listed(record, include)) }
  }

  states(namespace: string, read: ShardRead): Promise<ShardPage<ListedJob>> {
    return this.jobs(namespace, read, [])
  }

  async failures(_namespace: string, read: ShardRead): Promise<ShardPage<FailedJob>> {
    const failed = this.#store
      .records()
      .flatMap(({ id, status, error }) => (status === 'failed' ? [{ id, code: error?.code ?? '' }] : []))
    return pageOf(failed, read, ({ id, code }) => `${id}#${code}`)
  }

  async load(_namespace: string, ids: readonly string[], include: readonly Payload[]): Promise<ListedJob[]> {
    return ids.flatMap((id) => this.#store.record(id) ?? []).map((record) => listed(record, include))
  }
}

function pageOf<Entry extends { readonly id: string }>(
  all: readonly Entry[],
  { range, order, limit }: ShardRead,
  keyOf: (entry: Entry) => string,
): ShardPage<Entry> {
  const sign = order === 'asc' ? 1 : -1
  const inRange = all
    .filter((entry) => keyOf(entry) >= range.from && keyOf(entry) <= range.to)
    .sort((one, other) => (keyOf(one) < keyOf(other) ? -sign : sign))
  const entries = inRange.slice(0, limit)
  return { entries, looked: entries.length, ...(inRange.length > limit && { readTo: entries.at(-1)!.id }) }
}

function listed(record: JobRecord, include: readonly Payload[]): ListedJob {
  const { namespace: _namespace, idempotencyKey: _key, webhook: _webhook, input, output, ...rest } = record
  return {
    ...rest,
    ...(include.includes('input') && { input }),
    ...(include.includes('output') && output !== undefined && { output }),
  }
}
