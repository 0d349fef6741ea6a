import type { JobFilter, ListAnswer, ListedJob, ListQuery } from '../../../protocol/list/list.ts'
import { MAX_ANSWER_BYTES } from '../kit/answer-limit.ts'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { accept } from '../../../protocol/kit/parsed.ts'
import { utf8Length } from '../../../protocol/kit/utf8.ts'
import type { IdRange } from './id-range.ts'
import { isGeneratedId, rangeAfter, filterRange } from './id-range.ts'
import type { CursorScope } from './list-cursor.ts'
import { makeCursor, readCursor } from './list-cursor.ts'
import type { JobPages } from './job-pages.ts'
import type { ReadShard } from './walk-shards.ts'
import { walkShards } from './walk-shards.ts'

/** Bounds on the work of one page, over all shards. Small records: 8,000 are some 4 MB, or 1,000 read units. */
const MAX_RECORDS = 8_000
const MAX_READS = 64
/** The first read of a shard if a filter drops records, in the hope that enough are left. */
const FILTERED_READ = 100

/** Lists one page of a namespace's jobs, in the order of the ids. */
export async function listJobs(
  { pages }: { readonly pages: JobPages },
  namespace: string,
  query: ListQuery,
): Promise<Parsed<ListAnswer>> {
  const { filter, statuses, code, order, limit, cursor } = query
  const scope: CursorScope = { route: 'jobs', namespace, query: [filter, statuses, code, order] }
  const range = rangeToRead(scope, filter, order, cursor)
  if (!range.ok) return range
  if (range.value === undefined) return accept({ jobs: [] })
  const onlyFailed = statuses.length === 1 && statuses[0] === 'failed'
  const { taken, position } = await walkShards<ListedJob>({
    shards: pages.shards,
    range: range.value,
    order,
    read: onlyFailed ? readFailed(pages, namespace, query) : readAll(pages, namespace, query),
    firstLimit: isSelective(query) ? FILTERED_READ : Math.ceil((limit / pages.shards) * 1.3) + 3,
    maxRecords: MAX_RECORDS,
    maxReads: MAX_READS,
    limit,
    fits: createSizeCheck(),
  })
  return accept({ jobs: taken, ...(position === undefined ? {} : { cursor: makeCursor(scope, position) }) })
}

/** Returns the range of ids to read: the filter's range, behind the cursor. Undefined if nothing is left. */
export function rangeToRead(
  scope: CursorScope,
  filter: JobFilter,
  order: ListQuery['order'],
  cursor: string | undefined,
): Parsed<IdRange | undefined> {
  const range = filterRange(filter)
  if (cursor === undefined) return accept(range)
  const position = readCursor(scope, cursor)
  if (!position.ok) return position
  return accept(range && rangeAfter(range, position.value, order))
}

/** Returns true if a job passes a filter. Does not look at its prefix, which is a range of keys. */
export function matchesFilter(
  { generated, since, until, task, tags, metadata }: JobFilter,
  job: Pick<ListedJob, 'id' | 'createdAt' | 'task' | 'tags' | 'metadata'>,
): boolean {
  if (generated === true && !isGeneratedId(job.id)) return false
  if (since !== undefined && job.createdAt < since) return false
  if (until !== undefined && job.createdAt >= until) return false
  if (task !== undefined && job.task !== task) return false
  if (!tags.every((tag) => job.tags?.includes(tag))) return false
  const own = job.metadata ?? {}
  return metadata.every(([name, value]) => Object.hasOwn(own, name) && String(own[name]) === value)
}

/** Returns true if a filter tests more than the range of ids. */
export function filtersRecords({ generated, since, until, task, tags, metadata }: JobFilter): boolean {
  if (generated === true || since !== undefined || until !== undefined || task !== undefined) return true
  return tags.length > 0 || metadata.length > 0
}

function isSelective({ filter, statuses }: ListQuery): boolean {
  return statuses.length > 0 || filtersRecords(filter)
}

function readAll(pages: JobPages, namespace: string, { filter, statuses, include }: ListQuery): ReadShard<ListedJob> {
  return async (read) => {
    const page = await pages.jobs(namespace, read, include)
    const wanted = (job: ListedJob): boolean =>
      (statuses.length === 0 || statuses.includes(job.status)) && matchesFilter(filter, job)
    return { ...page, entries: page.entries.filter(wanted) }
  }
}

/**
 * Finds failed jobs in the index, and reads their present states from the table. So a job that runs again is never
 * listed as failed. One that has only just failed may be missing until the index has it.
 */
function readFailed(pages: JobPages, namespace: string, query: ListQuery): ReadShard<ListedJob> {
  const { filter, code, include, order } = query
  return async (read) => {
    const page = await pages.failures(namespace, read)
    const ids = page.entries.filter((failure) => code === undefined || failure.code === code).map(({ id }) => id)
    const jobs = ids.length === 0 ? [] : await pages.load(namespace, [...new Set(ids)], include)
    const isWanted = ({ status, error }: ListedJob): boolean =>
      status === 'failed' && (code === undefined || error?.code === code)
    const entries = jobs.filter((job) => isWanted(job) && matchesFilter(filter, job))
    const sign = order === 'asc' ? 1 : -1
    return { ...page, entries: entries.sort((one, other) => (one.id < other.id ? -sign : sign)) }
  }
}

/** Returns a function that adds up the sizes of jobs, and returns false once the answer would be too large. */
function createSizeCheck(): (job: ListedJob) => boolean {
  let bytes = 0
  return (job) => {
    // The body is sent as a text in JSON, in which quotation marks and backslashes are escaped once more.
    bytes += utf8Length(JSON.stringify(JSON.stringify(job)))
    return bytes <= MAX_ANSWER_BYTES
  }
}
