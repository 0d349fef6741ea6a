import type { JobFilter, ListAnswer, ListedJob, ListQuery } from '../../../protocol/list/list.ts'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { accept } from '../../../protocol/kit/parsed.ts'
import { utf8Length } from '../../../protocol/kit/utf8.ts'
import type { IdRange } from './id-range.ts'
import { isGenerated, rangeAfter, rangeOf } from './id-range.ts'
import type { CursorScope } from './list-cursor.ts'
import { makeCursor, readCursor } from './list-cursor.ts'
import type { JobPages } from './job-pages.ts'
import type { ReadShard } from './walk-shards.ts'
import { walkShards } from './walk-shards.ts'

/** Bounds on the work of one page, over all shards. Small records: 8,000 are some 4 MB, or 1,000 read units. */
const MAX_RECORDS = 8_000
const MAX_READS = 64
/** Lambda answers at most 6 MB, its envelope and the escapes of the body's quotes included. */
const MAX_ANSWER_BYTES = 5_500_000
/** In the hope that a filter leaves enough of the first read. */
const FILTERED_READ = 100

/** One page of a namespace's jobs, in id order. */
export async function listJobs(
  { pages }: { readonly pages: JobPages },
  namespace: string,
  query: ListQuery,
): Promise<Parsed<ListAnswer>> {
  const { filter, statuses, code, order, limit, cursor } = query
  const scope: CursorScope = { route: 'jobs', namespace, query: [filter, statuses, code, order] }
  const range = rangeFrom(scope, filter, order, cursor)
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
    fits: fitsAnswer(),
  })
  return accept({ jobs: taken, ...(position === undefined ? {} : { cursor: makeCursor(scope, position) }) })
}

/** The ids to read: those of the filter, behind the cursor. Undefined where there are none. */
export function rangeFrom(
  scope: CursorScope,
  filter: JobFilter,
  order: ListQuery['order'],
  cursor: string | undefined,
): Parsed<IdRange | undefined> {
  const range = rangeOf(filter)
  if (cursor === undefined) return accept(range)
  const position = readCursor(scope, cursor)
  if (!position.ok) return position
  return accept(range && rangeAfter(range, position.value, order))
}

/** Whether a job passes a filter, its prefix aside: that is a range of keys. */
export function passes(
  { generated, since, until, task, tags, metadata }: JobFilter,
  job: Pick<ListedJob, 'id' | 'createdAt' | 'task' | 'tags' | 'metadata'>,
): boolean {
  if (generated === true && !isGenerated(job.id)) return false
  if (since !== undefined && job.createdAt < since) return false
  if (until !== undefined && job.createdAt >= until) return false
  if (task !== undefined && job.task !== task) return false
  if (!tags.every((tag) => job.tags?.includes(tag))) return false
  const own = job.metadata ?? {}
  return metadata.every(([name, value]) => Object.hasOwn(own, name) && String(own[name]) === value)
}

/** Whether anything but the range of ids decides. */
export function isFiltered({ generated, since, until, task, tags, metadata }: JobFilter): boolean {
  if (generated === true || since !== undefined || until !== undefined || task !== undefined) return true
  return tags.length > 0 || metadata.length > 0
}

function isSelective({ filter, statuses }: ListQuery): boolean {
  return statuses.length > 0 || isFiltered(filter)
}

function readAll(pages: JobPages, namespace: string, { filter, statuses, include }: ListQuery): ReadShard<ListedJob> {
  return async (read) => {
    const page = await pages.jobs(namespace, read, include)
    const wanted = (job: ListedJob): boolean =>
      (statuses.length === 0 || statuses.includes(job.status)) && passes(filter, job)
    return { ...page, entries: page.entries.filter(wanted) }
  }
}

/**
 * Which jobs failed is asked of the index; how they are by now is read from the table. So a job that runs again
 * is never listed as failed; one that failed this very moment may be missing until the index has it.
 */
function readFailed(pages: JobPages, namespace: string, query: ListQuery): ReadShard<ListedJob> {
  const { filter, code, include, order } = query
  return async (read) => {
    const page = await pages.failures(namespace, read)
    const ids = page.entries.filter((failure) => code === undefined || failure.code === code).map(({ id }) => id)
    const jobs = ids.length === 0 ? [] : await pages.load(namespace, [...new Set(ids)], include)
    const isWanted = ({ status, error }: ListedJob): boolean =>
      status === 'failed' && (code === undefined || error?.code === code)
    const entries = jobs.filter((job) => isWanted(job) && passes(filter, job))
    const sign = order === 'asc' ? 1 : -1
    return { ...page, entries: entries.sort((one, other) => (one.id < other.id ? -sign : sign)) }
  }
}

/** Adds up what the answer takes. */
function fitsAnswer(): (job: ListedJob) => boolean {
  let bytes = 0
  return (job) => {
    // The body travels as text in JSON once more: quotes and backslashes are escaped again.
    bytes += utf8Length(JSON.stringify(JSON.stringify(job)))
    return bytes <= MAX_ANSWER_BYTES
  }
}
