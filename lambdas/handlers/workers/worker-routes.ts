import type { APIGatewayProxyResult } from 'aws-lambda'
import { parseWorkersQuery } from '../../../protocol/workers/parse-worker.ts'
import type { QueryParameters } from '../../../protocol/kit/query-parameters.ts'
import { listWorkers } from '../../domain/workers/list-workers.ts'
import type { WorkerPages } from '../../domain/workers/worker-registry.ts'
import { answer, refusal } from '../kit/rest-answer.ts'

export interface WorkerRoutePorts {
  readonly workers: WorkerPages
}

/** What answers the route of workers. It is the same for every namespace. */
export const WORKER_ANSWERERS = {
  async 'GET /workers'(
    ports: WorkerRoutePorts,
    { query }: { readonly query: QueryParameters },
  ): Promise<APIGatewayProxyResult> {
    const parsed = parseWorkersQuery(query)
    return parsed.ok ? answer(200, await listWorkers(ports, parsed.value)) : refusal(parsed.error)
  },
} as const
