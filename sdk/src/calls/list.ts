import type { ListAnswer, ListedJob } from '../../../protocol/list/list.ts'
import type { Client } from '../client/client.ts'
import { JobwireError } from '../api/errors.ts'
import { checkOptions } from '../api/input.ts'
import { LIST_OPTIONS, listQuery } from './query.ts'
import { request } from './request.ts'
import type { ListOptions } from '../api/list-types.ts'

const MAX_PAGE = 1_000

/** `list` of the client, awaited. */
export async function listPage(client: Client, options: ListOptions = {}): Promise<ListAnswer> {
  checkOptions(options, LIST_OPTIONS)
  const { timeout, signal } = options
  return request(client, 'GET', `/jobs${listQuery(options)}`, { timeout, signal })
}

/** `list` of the client in a loop: reads page after page as the jobs are asked for. */
export async function* listAll(client: Client, options: ListOptions = {}): AsyncGenerator<ListedJob, void, undefined> {
  checkOptions(options, LIST_OPTIONS)
  const { limit } = options
  let left = limit === undefined ? Infinity : limit
  if (!(limit === undefined || (Number.isInteger(left) && left > 0))) {
    throw new JobwireError('INVALID_OPTION', '"limit" must be a whole number, 1 or more.')
  }
  let { cursor } = options
  do {
    const page = await listPage(client, { ...options, limit: Math.min(left, MAX_PAGE), cursor })
    yield* page.jobs
    left -= page.jobs.length
    ;({ cursor } = page)
  } while (cursor !== undefined && left > 0)
}
