import type { WorkerInfo, WorkersAnswer } from '../../../protocol/workers/worker.ts'
import type { Client } from '../client/client.ts'
import { checkOptions } from '../api/input.ts'
import type { WorkerListOptions } from '../api/list-types.ts'
import { eachPage, PAGE_OPTIONS } from './each-page.ts'
import { listQuery } from './query.ts'
import { request } from './request.ts'

export async function listWorkersPage(client: Client, options: WorkerListOptions = {}): Promise<WorkersAnswer> {
  checkOptions(options, ['queue', ...PAGE_OPTIONS])
  const { timeout, signal } = options
  return request(client, 'GET', `/workers${listQuery(options)}`, { timeout, signal })
}

export function listAllWorkers(
  client: Client,
  options: WorkerListOptions = {},
): AsyncGenerator<WorkerInfo, void, undefined> {
  return eachPage(
    options,
    (each) => listWorkersPage(client, each),
    ({ workers }) => workers,
  )
}
