import type { APIGatewayProxyResult } from 'aws-lambda'
import type { CountAnswer, FailureAnswer, ListAnswer } from '../../../protocol/list/list.ts'
import { parseCountQuery, parseFailureQuery, parseListQuery } from '../../../protocol/list/parse-list.ts'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { countFailures, countJobs } from '../../domain/list/count-jobs.ts'
import type { JobPages } from '../../domain/list/job-pages.ts'
import { listJobs } from '../../domain/list/list-jobs.ts'
import { restAnswer, restRefusal } from '../kit/rest-answer.ts'
import type { RestRequest, RouteHandler } from '../kit/rest-request.ts'

export interface ListPorts {
  readonly pages: JobPages
}

export const LIST_ROUTES = {
  'GET /jobs': handleListJobs,
  'GET /counts': handleCountJobs,
  'GET /failures': handleCountFailures,
} as const satisfies Record<string, RouteHandler<ListPorts>>

async function handleListJobs(ports: ListPorts, { namespace, query }: RestRequest): Promise<APIGatewayProxyResult> {
  const parsed = parseListQuery(query)
  return parsed.ok ? listAnswer(await listJobs(ports, namespace, parsed.value)) : restRefusal(parsed.error)
}

async function handleCountJobs(ports: ListPorts, { namespace, query }: RestRequest): Promise<APIGatewayProxyResult> {
  const parsed = parseCountQuery(query)
  return parsed.ok ? listAnswer(await countJobs(ports, namespace, parsed.value)) : restRefusal(parsed.error)
}

async function handleCountFailures(
  ports: ListPorts,
  { namespace, query }: RestRequest,
): Promise<APIGatewayProxyResult> {
  const parsed = parseFailureQuery(query)
  return parsed.ok ? listAnswer(await countFailures(ports, namespace, parsed.value)) : restRefusal(parsed.error)
}

function listAnswer(result: Parsed<ListAnswer | CountAnswer | FailureAnswer>): APIGatewayProxyResult {
  return result.ok ? restAnswer(200, result.value) : restRefusal(result.error)
}
