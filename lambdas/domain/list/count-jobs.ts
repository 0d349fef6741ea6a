import type { JobStatus } from '../../../protocol/job/job.ts'
import { JOB_STATUSES } from '../../../protocol/job/job.ts'
import type { CountAnswer, CountQuery, FailureAnswer, FailureQuery } from '../../../protocol/list/list.ts'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { accept } from '../../../protocol/kit/parsed.ts'
import type { CursorScope } from './list-cursor.ts'
import { makeCursor } from './list-cursor.ts'
import type { JobPages } from './job-pages.ts'
import { filtersRecords, matchesFilter, rangeToRead } from './list-jobs.ts'
import type { ReadShard } from './walk-shards.ts'
import { walkShards } from './walk-shards.ts'

/** Bounds on the work of one count, over all shards: a batch of 10,000 jobs of up to 10 KB is counted by one call. */
const BOUNDS = { maxRecords: 40_000, maxReads: 160, limit: Infinity }
/** Enough for each shard in one read, if it fits in 1 MB. */
const RECORDS_PER_READ = 2_500

interface CountPorts {
  readonly pages: JobPages
}

/** Counts the jobs in each status. */
export async function countJobs(
  { pages }: CountPorts,
  namespace: string,
  { filter, cursor }: CountQuery,
): Promise<Parsed<CountAnswer>> {
  const scope: CursorScope = { route: 'counts', namespace, query: filter }
  const range = rangeToRead(scope, filter, 'asc', cursor)
  if (!range.ok) return range
  const counts = Object.fromEntries(JOB_STATUSES.map((status) => [status, 0])) as Record<JobStatus, number>
  if (range.value === undefined) return accept({ counts, total: 0 })
  const read: ReadShard<{ readonly id: string; readonly status: JobStatus }> = async (request) => {
    if (!filtersRecords(filter)) return pages.states(namespace, request)
    const page = await pages.jobs(namespace, request, [])
    return { ...page, entries: page.entries.filter((job) => matchesFilter(filter, job)) }
  }
  const { taken, position } = await walkShards({
    ...BOUNDS,
    shards: pages.shards,
    range: range.value,
    order: 'asc',
    read,
    firstLimit: RECORDS_PER_READ,
  })
  for (const { status } of taken) counts[status]++
  return accept({ counts, total: taken.length, ...cursorField(scope, position) })
}

/** Counts the failed jobs by their codes. Reads only the index of failed jobs. */
export async function countFailures(
  { pages }: CountPorts,
  namespace: string,
  { prefix, cursor }: FailureQuery,
): Promise<Parsed<FailureAnswer>> {
  const scope: CursorScope = { route: 'failures', namespace, query: prefix ?? null }
  const filter = { ...(prefix === undefined ? {} : { prefix }), tags: [], metadata: [] }
  const range = rangeToRead(scope, filter, 'asc', cursor)
  if (!range.ok) return range
  if (range.value === undefined) return accept({ codes: {}, total: 0 })
  const { taken, position } = await walkShards({
    ...BOUNDS,
    shards: pages.shards,
    range: range.value,
    order: 'asc',
    read: (request) => pages.failures(namespace, request),
    firstLimit: RECORDS_PER_READ,
  })
  const codes = new Map<string, number>()
  for (const { code } of taken) codes.set(code, (codes.get(code) ?? 0) + 1)
  const byFrequency = [...codes].sort(([, one], [, other]) => other - one)
  return accept({ codes: Object.fromEntries(byFrequency), total: taken.length, ...cursorField(scope, position) })
}

function cursorField(scope: CursorScope, position: string | undefined): { cursor?: string } {
  return position === undefined ? {} : { cursor: makeCursor(scope, position) }
}
