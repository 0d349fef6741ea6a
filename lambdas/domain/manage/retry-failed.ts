import type { SubmitOutcome } from '../../../protocol/job/job.ts'
import type { RetryAnswer, RetryBody } from '../../../protocol/list/list.ts'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { accept, refuse } from '../../../protocol/kit/parsed.ts'
import { inParallel } from '../kit/in-parallel.ts'
import type { CursorScope } from '../list/list-cursor.ts'
import { makeCursor } from '../list/list-cursor.ts'
import type { JobPages } from '../list/job-pages.ts'
import { rangeToRead } from '../list/list-jobs.ts'
import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'
import type { JobKey } from '../job/stored-job.ts'
import { walkShards } from '../list/walk-shards.ts'

const RETRIES_AT_ONCE = 16
const DEFAULT_LIMIT = 100
/** Bounds on the index entries read for one answer. An entry has some 150 bytes. */
const MAX_RECORDS = 20_000
const MAX_READS = 64

export interface RetryFailedPorts {
  readonly pages: JobPages
  readonly log: Log
  /** Runs one failed job again, or refuses to. */
  readonly retry: (key: JobKey) => Promise<Parsed<SubmitOutcome>>
}

/**
 * Runs failed jobs again: those that are named, those that failed with one code, or all. One that cannot be run again
 * does not affect the others.
 */
export async function retryFailed(
  ports: RetryFailedPorts,
  namespace: string,
  body: RetryBody,
): Promise<Parsed<RetryAnswer>> {
  if (body.ids !== undefined) return accept({ jobs: await retryAll(ports, namespace, [...new Set(body.ids)]) })
  const { code, prefix, limit = DEFAULT_LIMIT, cursor } = body
  const scope: CursorScope = { route: 'retries', namespace, query: [code, prefix] }
  const filter = { ...(prefix === undefined ? {} : { prefix }), tags: [], metadata: [] }
  const range = rangeToRead(scope, filter, 'asc', cursor)
  if (!range.ok) return range
  if (range.value === undefined) return accept({ jobs: [] })
  const { pages } = ports
  const { taken, position } = await walkShards({
    shards: pages.shards,
    range: range.value,
    order: 'asc',
    read: async (read) => {
      const page = await pages.failures(namespace, read)
      return code === undefined ? page : { ...page, entries: page.entries.filter((failure) => failure.code === code) }
    },
    firstLimit: Math.ceil((limit / pages.shards) * 1.3) + 3,
    maxRecords: MAX_RECORDS,
    maxReads: MAX_READS,
    limit,
  })
  const outcomes = await retryAll(
    ports,
    namespace,
    taken.map(({ id }) => id),
  )
  return accept({
    jobs: outcomes.filter((outcome) => !neededNoRetry(outcome)),
    ...(position === undefined ? {} : { cursor: makeCursor(scope, position) }),
  })
}

/**
 * Returns true if the job runs again already, has succeeded, or is gone. The index may be a moment behind, and nobody
 * asked for the job by name, so it is left out of the answer.
 */
function neededNoRetry(outcome: SubmitOutcome): boolean {
  if (!('error' in outcome)) return outcome.existed === true
  return outcome.error.code === 'JOB_NOT_FOUND' || outcome.error.code === 'ALREADY_FINISHED'
}

function retryAll(
  { retry, log }: RetryFailedPorts,
  namespace: string,
  ids: readonly string[],
): Promise<SubmitOutcome[]> {
  return inParallel(ids, RETRIES_AT_ONCE, async (id) => {
    try {
      const result = await retry({ namespace, id })
      return result.ok ? result.value : { id, error: result.error }
    } catch (error) {
      log('error', 'A failed job could not be run again.', { jobId: id, ...errorFields(error) })
      const message = 'It is unknown if the job runs again: retry it once more, which is safe.'
      return { id, error: refuse('UNAVAILABLE', message).error }
    }
  })
}
