import type { Order } from '../../../protocol/list/list.ts'
import type { IdRange } from './id-range.ts'
import type { ShardPage, ShardRead } from './job-pages.ts'
import { rangeAfter } from './id-range.ts'
import { inParallel } from '../kit/in-parallel.ts'

const READS_AT_ONCE = 32

export type ReadShard<Entry> = (read: ShardRead) => Promise<ShardPage<Entry>>

export interface Walk<Entry> {
  readonly shards: number
  readonly range: IdRange
  readonly order: Order
  readonly read: ReadShard<Entry>
  /** The number of records to look at in a shard's first read. It doubles with each further read. */
  readonly firstLimit: number
  /** The most records to look at, in all shards together. */
  readonly maxRecords: number
  /** The most reads, in all shards together. Each is at most 1 MB. */
  readonly maxReads: number
  /** The most entries to take. */
  readonly limit: number
  /** Called once for each entry before it is taken. False ends the walk before that entry, unless it is the first. */
  readonly fits?: (entry: Entry) => boolean
}

export interface Walked<Entry> {
  readonly taken: readonly Entry[]
  /** The last id up to which all entries are taken or dropped; absent if nothing follows. */
  readonly position?: string
}

/** The place of the walk in one shard: the entries that were read and not taken yet, and the range still to read. */
interface ShardCursor<Entry> {
  readonly shard: number
  entries: readonly Entry[]
  next: number
  /** The range that is not read yet; undefined once the shard is at its end. */
  rest: IdRange | undefined
  readTo: string | undefined
  limit: number
  recordsLeft: number
  readsLeft: number
}

/**
 * Reads the shards side by side and merges them in the order of the ids, within bounds on the work. If a shard's bound
 * is met before its end, the walk ends at the last id up to which every shard is read.
 */
export async function walkShards<Entry extends { readonly id: string }>(walk: Walk<Entry>): Promise<Walked<Entry>> {
  const { limit, fits = () => true, order } = walk
  const cursors = openCursors(walk)
  const taken: Entry[] = []
  for (;;) {
    const last = taken.at(-1)
    // A full page need not read on to find out if it is the last.
    if (last !== undefined && taken.length >= limit && cursors.some(mayRead)) return { taken, position: last.id }
    await inParallel(cursors.filter(mayRead), READS_AT_ONCE, (cursor) => refill(walk, cursor))
    const end = takeComplete(cursors, order, (entry) => {
      const before = taken.at(-1)
      // A job that failed twice may be seen under both its codes for a moment.
      if (entry.id === before?.id) return true
      const fit = fits(entry)
      if (before !== undefined && (taken.length >= limit || !fit)) return false
      taken.push(entry)
      return true
    })
    if (end === 'read on') continue
    const position = end === 'full' ? taken.at(-1)!.id : end.barrier
    return position === undefined ? { taken } : { taken, position }
  }
}

/** Takes entries in order, as long as no entry that is not read yet can come before them. */
function takeComplete<Entry extends { readonly id: string }>(
  cursors: readonly ShardCursor<Entry>[],
  order: Order,
  take: (entry: Entry) => boolean,
): 'read on' | 'full' | { readonly barrier: string | undefined } {
  const barrier = findBarrier(cursors, order)
  for (;;) {
    const cursor = cursorOfFirst(cursors, order)
    const entry = cursor?.entries[cursor.next]
    if (cursor === undefined || entry === undefined) return { barrier }
    if (barrier !== undefined && comesAfter(entry.id, barrier, order)) return { barrier }
    if (!take(entry)) return 'full'
    cursor.next++
    if (isEmpty(cursor) && cursor.rest !== undefined) return 'read on'
  }
}

function openCursors<Entry>({ shards, range, firstLimit, maxRecords, maxReads }: Walk<Entry>): ShardCursor<Entry>[] {
  return Array.from({ length: shards }, (_, shard) => ({
    shard,
    entries: [],
    next: 0,
    rest: range,
    readTo: undefined,
    limit: firstLimit,
    recordsLeft: Math.max(2, Math.ceil(maxRecords / shards)),
    readsLeft: Math.max(2, Math.ceil(maxReads / shards)),
  }))
}

function isEmpty<Entry>({ entries, next }: ShardCursor<Entry>): boolean {
  return next === entries.length
}

function mayRead<Entry>(cursor: ShardCursor<Entry>): boolean {
  return isEmpty(cursor) && cursor.rest !== undefined && cursor.recordsLeft > 0 && cursor.readsLeft > 0
}

/** Reads on until there is an entry to take, or nothing more to read. */
async function refill<Entry>({ read, order }: Walk<Entry>, cursor: ShardCursor<Entry>): Promise<void> {
  while (mayRead(cursor) && cursor.rest !== undefined) {
    const limit = Math.min(cursor.readsLeft === 1 ? cursor.recordsLeft : cursor.limit, cursor.recordsLeft)
    const { entries, readTo, recordsRead } = await read({ shard: cursor.shard, range: cursor.rest, order, limit })
    cursor.entries = entries
    cursor.next = 0
    cursor.readTo = readTo
    cursor.rest = readTo === undefined ? undefined : rangeAfter(cursor.rest, readTo, order)
    cursor.recordsLeft -= Math.max(1, recordsRead)
    cursor.readsLeft--
    cursor.limit = limit * 2
  }
}

/** Returns the first id behind which a shard is not read any further; undefined if there is no such shard. */
function findBarrier<Entry>(cursors: readonly ShardCursor<Entry>[], order: Order): string | undefined {
  let barrier: string | undefined
  for (const cursor of cursors) {
    // A shard with entries left is read up to the last of them. It can be a barrier only once they are taken.
    if (cursor.readTo === undefined || cursor.rest === undefined || !isEmpty(cursor)) continue
    if (barrier === undefined || comesAfter(barrier, cursor.readTo, order)) barrier = cursor.readTo
  }
  return barrier
}

function cursorOfFirst<Entry extends { readonly id: string }>(
  cursors: readonly ShardCursor<Entry>[],
  order: Order,
): ShardCursor<Entry> | undefined {
  let first: ShardCursor<Entry> | undefined
  for (const cursor of cursors) {
    if (isEmpty(cursor)) continue
    if (first === undefined || comesAfter(first.entries[first.next]!.id, cursor.entries[cursor.next]!.id, order)) {
      first = cursor
    }
  }
  return first
}

function comesAfter(one: string, other: string, order: Order): boolean {
  return order === 'asc' ? one > other : one < other
}
