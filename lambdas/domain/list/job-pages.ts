import type { ListedJob, Order, Payload } from '../../../protocol/list/list.ts'
import type { IdRange } from './id-range.ts'

/** One read of one shard. */
export interface ShardRead {
  readonly shard: number
  readonly range: IdRange
  readonly order: Order
  /** The number of records to look at, including those that are not returned. */
  readonly limit: number
}

export interface ShardPage<Entry> {
  /** In order. Records that were looked at and dropped are not among them. */
  readonly entries: readonly Entry[]
  /** The last id that was looked at; absent if the shard has nothing behind it. */
  readonly readTo?: string
  /** The number of records that were looked at. */
  readonly recordsRead: number
}

/** A failed job as the index has it. */
export interface FailedJob {
  readonly id: string
  readonly code: string
}

/** Reads the results table by ranges of ids. Never returns an expired record, or a job that was only watched. */
export interface JobPages {
  /** The number of shards that a namespace has. */
  readonly shards: number
  /** Strongly consistent. */
  jobs(namespace: string, read: ShardRead, include: readonly Payload[]): Promise<ShardPage<ListedJob>>
  /** Ids and states alone, strongly consistent. */
  states(namespace: string, read: ShardRead): Promise<ShardPage<Pick<ListedJob, 'id' | 'status'>>>
  /** From the index of failed jobs, which may be a moment behind. */
  failures(namespace: string, read: ShardRead): Promise<ShardPage<FailedJob>>
  /** Returns those that exist, strongly consistent, in any order. */
  load(namespace: string, ids: readonly string[], include: readonly Payload[]): Promise<readonly ListedJob[]>
}
