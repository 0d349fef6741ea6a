import type { APIGatewayProxyResult } from 'aws-lambda'
import type { CountAnswer, FailureAnswer, ListAnswer, RetryAnswer } from '../../../protocol/list/list.ts'
import {
  parseCountQuery,
  parseFailureQuery,
  parseListQuery,
  parseRetryBody,
} from '../../../protocol/list/parse-list.ts'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import type { QueryParameters } from '../../../protocol/kit/query-parameters.ts'
import { countFailures, countJobs } from '../../domain/list/count-jobs.ts'
import type { JobPages } from '../../domain/list/job-pages.ts'
import { listJobs } from '../../domain/list/list-jobs.ts'
import type { RetryFailedPorts } from '../../domain/manage/retry-failed.ts'
import { retryFailed } from '../../domain/manage/retry-failed.ts'
import { answer, refusal } from '../kit/rest-answer.ts'

export interface ListPorts {
  readonly pages: JobPages
}

interface ListRequest {
  readonly namespace: string
  readonly query: QueryParameters
}

type Answers = ListAnswer | CountAnswer | FailureAnswer | RetryAnswer

export async function list(ports: ListPorts, { namespace, query }: ListRequest): Promise<APIGatewayProxyResult> {
  const parsed = parseListQuery(query)
  return parsed.ok ? reply(await listJobs(ports, namespace, parsed.value)) : refusal(parsed.error)
}

export async function counts(ports: ListPorts, { namespace, query }: ListRequest): Promise<APIGatewayProxyResult> {
  const parsed = parseCountQuery(query)
  return parsed.ok ? reply(await countJobs(ports, namespace, parsed.value)) : refusal(parsed.error)
}

export async function failures(ports: ListPorts, { namespace, query }: ListRequest): Promise<APIGatewayProxyResult> {
  const parsed = parseFailureQuery(query)
  return parsed.ok ? reply(await countFailures(ports, namespace, parsed.value)) : refusal(parsed.error)
}

export async function retries(
  ports: RetryFailedPorts,
  { namespace, body }: { readonly namespace: string; readonly body: string },
): Promise<APIGatewayProxyResult> {
  const parsed = parseRetryBody(body)
  return parsed.ok ? reply(await retryFailed(ports, namespace, parsed.value)) : refusal(parsed.error)
}

function reply(result: Parsed<Answers>): APIGatewayProxyResult {
  return result.ok ? answer(200, result.value) : refusal(result.error)
}
