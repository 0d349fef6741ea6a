import type { APIGatewayProxyResult } from 'aws-lambda'
import type { GetJobAnswer } from '../../../protocol/wire/rest.ts'
import type { JobStore } from '../../domain/job/job-store.ts'
import { readJob } from '../../domain/job/read-job.ts'
import { restAnswer, restRefusal } from '../kit/rest-answer.ts'
import type { RestRequest } from '../kit/rest-request.ts'
import { parseJobKey } from '../kit/rest-request.ts'

export const JOB_ROUTES = { 'GET /jobs/{id}': handleReadJob } as const

async function handleReadJob(
  ports: { readonly store: JobStore },
  request: RestRequest,
): Promise<APIGatewayProxyResult> {
  const key = parseJobKey(request)
  if (!key.ok) return restRefusal(key.error)
  const job = await readJob(ports, key.value)
  return job.ok ? restAnswer(200, { job: job.value } satisfies GetJobAnswer) : restRefusal(job.error)
}
