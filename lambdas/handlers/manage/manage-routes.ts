import type { APIGatewayProxyResult } from 'aws-lambda'
import type { JobUpdate } from '../../../protocol/job/job.ts'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import type { RetryAnswer } from '../../../protocol/list/list.ts'
import { parseRetryBody } from '../../../protocol/list/parse-list.ts'
import { parsePublishBody } from '../../../protocol/manage/parse-publish.ts'
import type { JobUpdateAnswer } from '../../../protocol/wire/rest.ts'
import type { JobPages } from '../../domain/list/job-pages.ts'
import { cancelJob, type CancelPorts } from '../../domain/manage/cancel-jobs.ts'
import { deleteJob, type DeletePorts } from '../../domain/manage/delete-job.ts'
import type { PublishPorts } from '../../domain/manage/publish-job.ts'
import { publishJob } from '../../domain/manage/publish-job.ts'
import { retryFailed } from '../../domain/manage/retry-failed.ts'
import { retryJob } from '../../domain/manage/retry-job.ts'
import type { SubmitPorts } from '../../domain/submit/submit-jobs.ts'
import { restAnswer, restRefusal } from '../kit/rest-answer.ts'
import type { RestRequest, RouteHandler } from '../kit/rest-request.ts'
import { parseJobKey } from '../kit/rest-request.ts'

export interface ManagePorts extends SubmitPorts, CancelPorts, PublishPorts, DeletePorts {
  readonly pages: JobPages
}

export const MANAGE_ROUTES = {
  'DELETE /jobs/{id}': handleDelete,
  'POST /jobs/{id}/cancel': handleCancel,
  'POST /jobs/{id}/retry': handleRetry,
  'POST /jobs/{id}/publish': handlePublish,
  'POST /retries': handleRetryFailed,
} as const satisfies Record<string, RouteHandler<ManagePorts>>

async function handleDelete(ports: DeletePorts, request: RestRequest): Promise<APIGatewayProxyResult> {
  const key = parseJobKey(request)
  if (!key.ok) return restRefusal(key.error)
  const deleted = await deleteJob(ports, key.value)
  return deleted.ok ? restAnswer(204) : restRefusal(deleted.error)
}

async function handleCancel(ports: CancelPorts, request: RestRequest): Promise<APIGatewayProxyResult> {
  const key = parseJobKey(request)
  if (!key.ok) return restRefusal(key.error)
  return updateAnswer(await cancelJob(ports, key.value))
}

async function handleRetry(ports: SubmitPorts, request: RestRequest): Promise<APIGatewayProxyResult> {
  const key = parseJobKey(request)
  if (!key.ok) return restRefusal(key.error)
  const outcome = await retryJob(ports, key.value)
  return outcome.ok ? restAnswer(202, outcome.value) : restRefusal(outcome.error)
}

async function handlePublish(ports: PublishPorts, request: RestRequest): Promise<APIGatewayProxyResult> {
  const key = parseJobKey(request)
  if (!key.ok) return restRefusal(key.error)
  const body = parsePublishBody(request.body)
  if (!body.ok) return restRefusal(body.error)
  return updateAnswer(await publishJob(ports, key.value, body.value))
}

async function handleRetryFailed(
  ports: SubmitPorts & Pick<ManagePorts, 'pages'>,
  { namespace, body }: RestRequest,
): Promise<APIGatewayProxyResult> {
  const parsed = parseRetryBody(body)
  if (!parsed.ok) return restRefusal(parsed.error)
  const retried = await retryFailed({ ...ports, retry: (key) => retryJob(ports, key) }, namespace, parsed.value)
  return retried.ok ? restAnswer(200, retried.value satisfies RetryAnswer) : restRefusal(retried.error)
}

function updateAnswer(update: Parsed<JobUpdate>): APIGatewayProxyResult {
  return update.ok ? restAnswer(200, { job: update.value } satisfies JobUpdateAnswer) : restRefusal(update.error)
}
