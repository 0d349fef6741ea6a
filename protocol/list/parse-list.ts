import { JOB_STATUSES } from '../job/job.ts'
import {
  DEFAULT_LIST_LIMIT,
  MAX_ID_LENGTH,
  MAX_IDS_PER_RETRY,
  MAX_LIST_LIMIT,
  MAX_METADATA_ENTRIES,
  MAX_METADATA_TEXT_LENGTH,
  MAX_TAG_LENGTH,
  MAX_TAGS,
  MAX_TASK_NAME_LENGTH,
} from '../kit/limits.ts'
import type { CountQuery, FailureQuery, JobFilter, ListQuery, RetryBody } from './list.ts'
import { ORDERS, PAYLOADS } from './list.ts'
import type { Parsed } from '../kit/parsed.ts'
import { accept, refuse } from '../kit/parsed.ts'
import { parseRequestJson } from '../kit/whole-characters.ts'
import type { FieldCheck } from '../kit/parse-field.ts'
import { checkFields, isObject, wholeNumber } from '../kit/parse-field.ts'
import { describe } from '../kit/parse-issue.ts'
import { parseId } from '../submit/parse-job.ts'
import type { Kind, ParameterReader, QueryParameters } from '../kit/query-parameters.ts'
import { choiceOf, matching, MOMENT, readParameters, someOf, textOf, wholeNumberOf } from '../kit/query-parameters.ts'
import { shortenText } from '../kit/shorten-text.ts'

const METADATA = 'metadata.'
const FILTERS = ['prefix', 'ids', 'since', 'until', 'task', 'tag', METADATA]
const LIST = ['status', 'code', ...FILTERS, 'order', 'limit', 'include', 'cursor']

const PREFIX = matching(/^[A-Za-z0-9._:-]{1,128}$/, `1 to ${MAX_ID_LENGTH} letters, digits and . _ : -`)
const CODE = matching(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, "an error's code, like TASK_FAILED")
const CURSOR = matching(/^[A-Za-z0-9_-]{1,400}$/, 'the unchanged cursor of an earlier answer', 'INVALID_CURSOR')
const METADATA_VALUE: Kind<string> = {
  wanted: `at most ${MAX_METADATA_TEXT_LENGTH} characters long`,
  read: (text) => (text.length <= MAX_METADATA_TEXT_LENGTH ? text : undefined),
}

/**
 * Reads the query of `GET /jobs`.
 *
 * @example
 * parseListQuery({ status: ['failed'], limit: ['10'] }) // { ok: true, value: { statuses: ['failed'], limit: 10, … } }
 * parseListQuery({ limit: ['0'] }) // { ok: false, error: { code: 'INVALID_REQUEST', path: 'limit', … } }
 */
export function parseListQuery(query: QueryParameters): Parsed<ListQuery> {
  return readParameters(query, LIST, (parameters): ListQuery => {
    const statuses = parameters.one('status', someOf(JOB_STATUSES))
    const code = parameters.one('code', CODE)
    if (code !== undefined && statuses !== undefined && statuses.join() !== 'failed') {
      parameters.refuse('code', 'Only failed jobs have a code: leave "status" out, or ask for status=failed.')
    }
    return {
      filter: readFilter(query, parameters),
      statuses: statuses ?? (code === undefined ? [] : ['failed']),
      ...optional('code', code),
      order: parameters.one('order', choiceOf(ORDERS)) ?? 'asc',
      limit: parameters.one('limit', wholeNumberOf(1, MAX_LIST_LIMIT)) ?? DEFAULT_LIST_LIMIT,
      include: parameters.one('include', someOf(PAYLOADS)) ?? [],
      ...optional('cursor', parameters.one('cursor', CURSOR)),
    }
  })
}

/** Reads the query of `GET /counts`. */
export function parseCountQuery(query: QueryParameters): Parsed<CountQuery> {
  return readParameters(query, [...FILTERS, 'cursor'], (parameters) => ({
    filter: readFilter(query, parameters),
    ...optional('cursor', parameters.one('cursor', CURSOR)),
  }))
}

/** Reads the query of `GET /failures`. */
export function parseFailureQuery(query: QueryParameters): Parsed<FailureQuery> {
  return readParameters(query, ['prefix', 'cursor'], (parameters) => ({
    ...optional('prefix', parameters.one('prefix', PREFIX)),
    ...optional('cursor', parameters.one('cursor', CURSOR)),
  }))
}

function readFilter(query: QueryParameters, parameters: ParameterReader): JobFilter {
  const since = parameters.one('since', MOMENT)
  const until = parameters.one('until', MOMENT)
  if (since !== undefined && until !== undefined && until <= since) {
    parameters.refuse('until', 'The parameter "until" must be later than "since".')
  }
  const names = Object.keys(query).filter((name) => name.startsWith(METADATA))
  if (names.length > MAX_METADATA_ENTRIES) {
    parameters.refuse('metadata', `A list can be filtered by at most ${MAX_METADATA_ENTRIES} entries of metadata.`)
  }
  const metadata = names.sort().flatMap((name): [string, string][] => {
    const value = parameters.one(name, METADATA_VALUE)
    return value === undefined ? [] : [[name.slice(METADATA.length), value]]
  })
  const generated = parameters.one('ids', choiceOf(['generated']))
  return {
    ...optional('prefix', parameters.one('prefix', PREFIX)),
    ...(generated === undefined ? {} : { generated: true }),
    ...optional('since', since),
    ...optional('until', until),
    ...optional('task', parameters.one('task', textOf(MAX_TASK_NAME_LENGTH))),
    tags: [...parameters.many('tag', textOf(MAX_TAG_LENGTH), MAX_TAGS)].sort(),
    metadata,
  }
}

function optional<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [Key in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [Key in Name]?: Value }
}

const RETRY_EXAMPLES = '{"ids": ["order-17"]}, {"code": "ECONNRESET"} or {"all": true}'

const RETRY_FIELDS: Readonly<Record<string, FieldCheck>> = {
  ids: checkIds,
  code: fieldOf(CODE),
  all: (value, path) => (value === true ? undefined : refuse('INVALID_REQUEST', '"all" can only be true.', path)),
  prefix: fieldOf(PREFIX),
  limit: wholeNumber(1, MAX_IDS_PER_RETRY),
  cursor: fieldOf(CURSOR),
}

/** The fields that name the jobs of a retry. A body has exactly one of them. */
const SELECTORS = ['ids', 'code', 'all'] as const

/**
 * Reads the body of `POST /retries`.
 *
 * @example
 * parseRetryBody('{"code":"ECONNRESET","limit":50}') // { ok: true, value: { code: 'ECONNRESET', limit: 50 } }
 * parseRetryBody('{}') // { ok: false, error: { code: 'INVALID_REQUEST', message: 'Name the failed jobs in …' } }
 */
export function parseRetryBody(text: string): Parsed<RetryBody> {
  const json = parseRequestJson(text, 'The body')
  if (!json.ok) return json
  const body = json.value
  if (!isObject(body)) {
    return refuse('INVALID_REQUEST', `The body must be an object like ${RETRY_EXAMPLES}; got ${describe(body)}.`)
  }
  const strange = Object.keys(body).find((name) => !Object.hasOwn(RETRY_FIELDS, name))
  if (strange !== undefined) {
    const shown = shortenText(strange, 60)
    const known = Object.keys(RETRY_FIELDS).join(', ')
    return refuse('INVALID_REQUEST', `There is no field "${shown}" here. The body may have: ${known}.`, shown)
  }
  const named = SELECTORS.filter((name) => body[name] !== undefined)
  if (named.length !== 1) {
    return refuse('INVALID_REQUEST', `Name the failed jobs in exactly one way: ${RETRY_EXAMPLES}.`, named[1])
  }
  const useless = ['prefix', 'limit', 'cursor'].find((name) => body['ids'] !== undefined && body[name] !== undefined)
  if (useless !== undefined) {
    return refuse('INVALID_REQUEST', `"${useless}" needs "code" or "all": "ids" already names each job.`, useless)
  }
  return checkFields(body, RETRY_FIELDS, '') ?? accept(body as RetryBody)
}

function checkIds(value: unknown, path: string): ReturnType<FieldCheck> {
  if (!Array.isArray(value) || value.length === 0) {
    return refuse('INVALID_REQUEST', `"ids" must be a list of ids; got ${describe(value)}.`, path)
  }
  if (value.length > MAX_IDS_PER_RETRY) {
    const message = `Too many ids (${value.length}): send at most ${MAX_IDS_PER_RETRY} in one request.`
    return refuse('PAYLOAD_TOO_LARGE', message, path)
  }
  for (const [index, id] of value.entries()) {
    const parsed = parseId(id, `${path}.${index}`)
    if (!parsed.ok) return parsed
  }
  return undefined
}

function fieldOf({ wanted, read, code = 'INVALID_REQUEST' }: Kind<string>): FieldCheck {
  return (value, path) =>
    typeof value === 'string' && read(value) !== undefined
      ? undefined
      : refuse(code, `The field "${path}" must be ${wanted}; got ${describe(value)}.`, path)
}
