import type { WireError } from '../../protocol/errors.ts'
import type { ServerFrame } from '../../protocol/frames.ts'
import { isTerminal, JOB_STATUSES } from '../../protocol/job.ts'
import type { JobRecord, JobStatus } from '../../protocol/job.ts'
import type { JobFilter } from '../../protocol/list.ts'
import { parseClientFrame, parseSubmitBody } from '../../protocol/parse.ts'
import { parseCountQuery, parseFailureQuery, parseListQuery, parseRetryBody } from '../../protocol/parse-list.ts'
import { parsePublishBody } from '../../protocol/parse-publish.ts'
import type { Parsed } from '../../protocol/parsed.ts'
import { accept, refuse } from '../../protocol/parsed.ts'
import type { QueryParameters } from '../../protocol/query-parameters.ts'
import { fromWire } from './faults.ts'
import { updateOf } from './memory-job.ts'
import type { MemoryPlatform } from './memory-platform.ts'

const GENERATED_ID = /^[0-9a-hjkmnp-tv-z]{26}$/

/** Answers a frame as the platform's socket does. `watch` hears of every id that is asked for. */
export async function answerFrame(
  platform: MemoryPlatform,
  watch: (id: string) => void,
  text: string,
): Promise<ServerFrame> {
  const parsed = parseClientFrame(text)
  if (!parsed.ok) return { type: 'error', ...(parsed.ref !== undefined && { ref: parsed.ref }), error: parsed.error }
  const frame = parsed.value
  const { ref } = frame
  if (frame.type === 'ping') return { type: 'pong', ref }
  if (frame.type === 'subscribe') {
    for (const id of frame.ids) watch(id)
    return { type: 'state', ref, jobs: frame.ids.flatMap((id) => platform.find(id)?.record ?? []).map(updateOf) }
  }
  if (frame.type === 'cancel') {
    const jobs = frame.ids.map((id) => {
      const cancelled = cancel(platform, id)
      return cancelled.ok ? cancelled.value.job : { id, error: cancelled.error }
    })
    return { type: 'cancelled', ref, jobs }
  }
  const jobs = []
  for (const [index, job] of frame.jobs.entries()) {
    const outcome = await platform.submit(job, `jobs.${index}.`)
    if (!('error' in outcome)) watch(outcome.id)
    jobs.push(outcome)
  }
  return { type: 'accepted', ref, jobs }
}

/** Answers a request as the platform's REST API does; rejects where that would be an error. */
export async function answerRequest(
  platform: MemoryPlatform,
  method: string,
  path: string,
  body = '',
): Promise<unknown> {
  const [pathname, query = ''] = path.split('?', 2) as [string, string?]
  const [, root, name, action = ''] = pathname.split('/')
  const route = `${method} /${root}${name === undefined ? '' : '/{id}'}${action && `/${action}`}`
  const answer = ANSWERS[route]
  const message = `The test client has no ${route}: of schedules and webhooks it knows nothing.`
  if (answer === undefined) throw fromWire(refuse('UNKNOWN_ROUTE', message).error)
  const result = await answer(platform, decodeURIComponent(name ?? ''), { body, query: parametersOf(query) })
  if (!result.ok) throw fromWire(result.error)
  // As it would come from elsewhere: nobody changes what is kept here.
  return structuredClone(result.value)
}

interface Rest {
  readonly body: string
  readonly query: QueryParameters
}

type Answer = (platform: MemoryPlatform, id: string, rest: Rest) => Parsed<unknown> | Promise<Parsed<unknown>>

const ANSWERS: Readonly<Record<string, Answer>> = {
  'POST /jobs': submit,
  'GET /jobs/{id}': (platform, id) => {
    const found = platform.read(id)
    return found.ok ? accept({ job: found.value.record }) : found
  },
  'DELETE /jobs/{id}': (platform, id) => {
    const found = platform.read(id)
    if (!found.ok) return found
    if (!isTerminal(found.value.record.status)) {
      return refuse('JOB_NOT_FINISHED', `The job "${id}" has not ended: cancel it first, then delete it.`, 'id')
    }
    platform.jobs.delete(id)
    return accept(undefined)
  },
  'POST /jobs/{id}/cancel': cancel,
  'POST /jobs/{id}/retry': (platform, id) => platform.retry(id),
  'POST /jobs/{id}/publish': (platform, id, { body }) => {
    const parsed = parsePublishBody(body)
    if (!parsed.ok) return parsed
    const update = platform.publish(id, parsed.value)
    return update.ok ? accept({ job: update.value }) : update
  },
  'GET /jobs': list,
  'GET /counts': (platform, _id, { query }) => {
    const parsed = parseCountQuery(query)
    if (!parsed.ok) return parsed
    const counts = Object.fromEntries(JOB_STATUSES.map((status) => [status, 0])) as Record<JobStatus, number>
    const records = select(platform, parsed.value.filter)
    for (const { status } of records) counts[status]++
    return accept({ counts, total: records.length })
  },
  'GET /failures': (platform, _id, { query }) => {
    const parsed = parseFailureQuery(query)
    if (!parsed.ok) return parsed
    const codes: Record<string, number> = {}
    const failures = failed(platform, parsed.value.prefix)
    for (const { error } of failures) codes[error!.code] = (codes[error!.code] ?? 0) + 1
    return accept({ codes, total: failures.length })
  },
  'POST /retries': (platform, _id, { body }) => {
    const parsed = parseRetryBody(body)
    if (!parsed.ok) return parsed
    const { ids, code, prefix, limit } = parsed.value
    const chosen = failed(platform, prefix).filter(({ error }) => code === undefined || error!.code === code)
    const jobs = (ids ?? chosen.slice(0, limit).map(({ id }) => id)).map((id) => {
      const outcome = platform.retry(id)
      return outcome.ok ? outcome.value : { id, error: outcome.error satisfies WireError }
    })
    return accept({ jobs })
  },
}

async function submit(platform: MemoryPlatform, _id: string, { body }: Rest): Promise<Parsed<unknown>> {
  const parsed = parseSubmitBody(body)
  if (!parsed.ok) return parsed
  const [job] = parsed.value.jobs
  const outcome = await platform.submit(job!, '')
  return 'error' in outcome ? { ok: false, error: outcome.error } : accept(outcome)
}

function cancel(platform: MemoryPlatform, id: string) {
  const found = platform.read(id)
  return found.ok ? accept({ job: platform.end(found.value, { status: 'cancelled' }) }) : found
}

function list(platform: MemoryPlatform, _id: string, { query }: Rest): Parsed<unknown> {
  const parsed = parseListQuery(query)
  if (!parsed.ok) return parsed
  const { filter, statuses, code, order, limit, include, cursor } = parsed.value
  const after = cursor === undefined ? undefined : fromCursor(cursor)
  const sorted = select(platform, filter).filter(
    ({ status, error }) =>
      (statuses.length === 0 || statuses.includes(status)) && (code === undefined || error?.code === code),
  )
  if (order === 'desc') sorted.reverse()
  const rest = sorted.filter(({ id }) => after === undefined || (order === 'asc' ? id > after : id < after))
  const jobs = rest.slice(0, limit).map((record) => {
    const { namespace: _namespace, input, output, idempotencyKey: _key, webhook: _webhook, ...listed } = record
    return {
      ...listed,
      ...(include.includes('input') && { input }),
      ...(include.includes('output') && output !== undefined && { output }),
    }
  })
  return accept({ jobs, ...(rest.length > limit && { cursor: toCursor(jobs.at(-1)!.id) }) })
}

/** In the order of their ids. */
function select(platform: MemoryPlatform, filter: JobFilter): JobRecord[] {
  const { prefix = '', generated, since = -Infinity, until = Infinity, task, tags, metadata } = filter
  return [...platform.jobs.keys()]
    .sort()
    .flatMap((id) => platform.find(id)?.record ?? [])
    .filter(
      (job) =>
        job.id.startsWith(prefix) &&
        (generated !== true || GENERATED_ID.test(job.id)) &&
        job.createdAt >= since &&
        job.createdAt < until &&
        (task === undefined || job.task === task) &&
        tags.every((tag) => job.tags?.includes(tag)) &&
        metadata.every(([name, value]) => String(job.metadata?.[name]) === value),
    )
}

function failed(platform: MemoryPlatform, prefix = ''): JobRecord[] {
  return select(platform, { prefix, tags: [], metadata: [] }).filter(({ status }) => status === 'failed')
}

function toCursor(id: string): string {
  return Array.from(id, (character) => character.charCodeAt(0).toString(16)).join('')
}

function fromCursor(cursor: string): string {
  return (cursor.match(/../g) ?? []).map((code) => String.fromCharCode(Number.parseInt(code, 16))).join('')
}

function parametersOf(query: string): QueryParameters {
  const parameters: Record<string, string[]> = {}
  for (const [name, value] of new URLSearchParams(query)) (parameters[name] ??= []).push(value)
  return parameters
}
