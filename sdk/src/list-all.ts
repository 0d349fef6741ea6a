import type { ListAnswer, ListedJob } from '../../protocol/list.ts'
import type { Client } from './client.ts'
import { checkOptions } from './input.ts'
import { LIST_OPTIONS, queryOf } from './query.ts'
import { request } from './request.ts'
import type { ListOptions } from './types.ts'

const MAX_PAGE = 1_000

/** One page of a list. */
export async function listPage(client: Client, options: ListOptions = {}): Promise<ListAnswer> {
  checkOptions(options, LIST_OPTIONS)
  const { timeout, signal } = options
  return request(client, 'GET', `/jobs${queryOf(options)}`, { timeout, signal })
}

/** Every job of a list, page by page, as they are asked for. */
export async function* listAll(client: Client, options: ListOptions = {}): AsyncGenerator<ListedJob, void, undefined> {
  let left = options.limit ?? Infinity
  let { cursor } = options
  do {
    const page = await listPage(client, { ...options, limit: Math.min(left, MAX_PAGE), cursor })
    yield* page.jobs
    left -= page.jobs.length
    ;({ cursor } = page)
  } while (cursor !== undefined && left > 0)
}
