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
  /** How many records to look at in a shard's first read; doubled with each further one. */
  readonly firstLimit: number
  /** The most records to look at, in all shards together. */
  readonly maxRecords: number
  /** The most reads, in all shards together. Each is at most 1 MB. */
  readonly maxReads: number
  /** The most entries to take. */
  readonly limit: number
  /** Asked once for each entry before it is taken; false ends the walk in front of it, unless it is the first. */
  readonly fits?: (entry: Entry) => boolean
}

export interface Walked<Entry> {
  readonly taken: readonly Entry[]
  /** Everything up to here is dealt with; absent where nothing is behind it. */
  readonly position?: string
}

/** One shard's part of the walk: what was read of it and not taken yet, and what may still be read. */
interface Lane<Entry> {
  readonly shard: number
  entries: readonly Entry[]
  next: number
  /** What is not read yet; undefined where the shard is at its end. */
  rest: IdRange | undefined
  readTo: string | undefined
  limit: number
  recordsLeft: number
  readsLeft: number
}

/**
 * Reads the shards side by side and merges them in id order, within bounds on the work. Where a shard's bound is
 * met before its end, the walk ends at the last id known to be complete over all shards.
 */
export async function walkShards<Entry extends { readonly id: string }>(walk: Walk<Entry>): Promise<Walked<Entry>> {
  const { limit, fits = () => true, order } = walk
  const lanes = openLanes(walk)
  const taken: Entry[] = []
  for (;;) {
    const last = taken.at(-1)
    // A full page need not read on to learn whether it is the last.
    if (last !== undefined && taken.length >= limit && lanes.some(mayRead)) return { taken, position: last.id }
    await inParallel(lanes.filter(mayRead), READS_AT_ONCE, (lane) => refill(walk, lane))
    const end = takeComplete(lanes, order, (entry) => {
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

/** Takes entries in order, as long as none can come before them that is not read yet. */
function takeComplete<Entry extends { readonly id: string }>(
  lanes: readonly Lane<Entry>[],
  order: Order,
  take: (entry: Entry) => boolean,
): 'read on' | 'full' | { readonly barrier: string | undefined } {
  const barrier = barrierOf(lanes, order)
  for (;;) {
    const lane = firstOf(lanes, order)
    const entry = lane?.entries[lane.next]
    if (lane === undefined || entry === undefined) return { barrier }
    if (barrier !== undefined && comesAfter(entry.id, barrier, order)) return { barrier }
    if (!take(entry)) return 'full'
    lane.next++
    if (isEmpty(lane) && lane.rest !== undefined) return 'read on'
  }
}

function openLanes<Entry>({ shards, range, firstLimit, maxRecords, maxReads }: Walk<Entry>): Lane<Entry>[] {
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

function isEmpty<Entry>({ entries, next }: Lane<Entry>): boolean {
  return next === entries.length
}

function mayRead<Entry>(lane: Lane<Entry>): boolean {
  return isEmpty(lane) && lane.rest !== undefined && lane.recordsLeft > 0 && lane.readsLeft > 0
}

/** Reads on until there is something to take, or no more to read. */
async function refill<Entry>({ read, order }: Walk<Entry>, lane: Lane<Entry>): Promise<void> {
  while (mayRead(lane) && lane.rest !== undefined) {
    const limit = Math.min(lane.readsLeft === 1 ? lane.recordsLeft : lane.limit, lane.recordsLeft)
    const { entries, readTo, looked } = await read({ shard: lane.shard, range: lane.rest, order, limit })
    lane.entries = entries
    lane.next = 0
    lane.readTo = readTo
    lane.rest = readTo === undefined ? undefined : rangeAfter(lane.rest, readTo, order)
    lane.recordsLeft -= Math.max(1, looked)
    lane.readsLeft--
    lane.limit = limit * 2
  }
}

/** The id behind which some shard has not been read and will not be; undefined where there is no such shard. */
function barrierOf<Entry>(lanes: readonly Lane<Entry>[], order: Order): string | undefined {
  let barrier: string | undefined
  for (const lane of lanes) {
    // A shard with entries left is read up to the last of them; whether it ends there is asked once they are taken.
    if (lane.readTo === undefined || lane.rest === undefined || !isEmpty(lane)) continue
    if (barrier === undefined || comesAfter(barrier, lane.readTo, order)) barrier = lane.readTo
  }
  return barrier
}

function firstOf<Entry extends { readonly id: string }>(
  lanes: readonly Lane<Entry>[],
  order: Order,
): Lane<Entry> | undefined {
  let first: Lane<Entry> | undefined
  for (const lane of lanes) {
    if (isEmpty(lane)) continue
    if (first === undefined || comesAfter(first.entries[first.next]!.id, lane.entries[lane.next]!.id, order)) {
      first = lane
    }
  }
  return first
}

function comesAfter(one: string, other: string, order: Order): boolean {
  return order === 'asc' ? one > other : one < other
}
