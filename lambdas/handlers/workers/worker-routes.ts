import type { APIGatewayProxyResult } from 'aws-lambda'
import { parseWorkersQuery } from '../../../protocol/workers/parse-worker.ts'
import { listWorkers } from '../../domain/workers/list-workers.ts'
import type { WorkerPages } from '../../domain/workers/worker-registry.ts'
import { restAnswer, restRefusal } from '../kit/rest-answer.ts'
import type { RestRequest } from '../kit/rest-request.ts'

export interface WorkerRoutePorts {
  readonly workers: WorkerPages
}

export const WORKER_ROUTES = { 'GET /workers': handleListWorkers } as const

/** Workers belong to no namespace: every caller gets the same list. */
async function handleListWorkers(ports: WorkerRoutePorts, { query }: RestRequest): Promise<APIGatewayProxyResult> {
  const parsed = parseWorkersQuery(query)
  return parsed.ok ? restAnswer(200, await listWorkers(ports, parsed.value)) : restRefusal(parsed.error)
}
