import type { APIGatewayProxyResult } from 'aws-lambda'
import type { JobUpdate } from '../../../protocol/job/job.ts'
import { parseSubmitBody } from '../../../protocol/wire/parse.ts'
import { parseId } from '../../../protocol/submit/parse-job.ts'
import { parsePublishBody } from '../../../protocol/manage/parse-publish.ts'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { accept } from '../../../protocol/kit/parsed.ts'
import type { QueryParameters } from '../../../protocol/kit/query-parameters.ts'
import type {
  GetJobAnswer,
  JobUpdateAnswer,
  PlatformInfo,
  RouteName,
  SubmitManyAnswer,
} from '../../../protocol/wire/rest.ts'
import { PROTOCOL_VERSION } from '../../../protocol/wire/rest.ts'
import type { AnnouncePorts } from '../../domain/record/announce.ts'
import { cancelJob } from '../../domain/manage/cancel-jobs.ts'
import { deleteJob } from '../../domain/manage/delete-job.ts'
import type { JobKey } from '../../domain/job/stored-job.ts'
import { publishJob } from '../../domain/manage/publish-job.ts'
import { readJob } from '../../domain/job/read-job.ts'
import { retryJob } from '../../domain/manage/retry-job.ts'
import type { SchedulePorts } from '../../domain/schedules/keep-schedules.ts'
import type { SubmitPorts } from '../../domain/submit/submit-jobs.ts'
import { submitJobs } from '../../domain/submit/submit-jobs.ts'
import type { ListPorts } from '../list/list-routes.ts'
import { counts, failures, list, retries } from '../list/list-routes.ts'
import { fitOutcomes } from '../kit/fit-outcomes.ts'
import { answer, refusal } from '../kit/rest-answer.ts'
import { SCHEDULE_ANSWERERS } from '../schedules/schedule-routes.ts'
import type { WebhookRoutePorts } from '../webhooks/webhook-routes.ts'
import { WEBHOOK_ANSWERERS } from '../webhooks/webhook-routes.ts'
import type { WorkerRoutePorts } from '../workers/worker-routes.ts'
import { WORKER_ANSWERERS } from '../workers/worker-routes.ts'

/** Lambda gives out 6 MB at most, and counts each quotation mark of a body twice. */
const MAX_OUTCOMES_BYTES = 4 * 1024 * 1024

export interface RestPorts
  extends SubmitPorts, ListPorts, SchedulePorts, AnnouncePorts, WebhookRoutePorts, WorkerRoutePorts {
  /** Where clients open the socket. */
  readonly socketUrl: string
}

export interface Request {
  readonly namespace: string
  readonly body: string
  readonly pathParameters: Readonly<Record<string, string>>
  readonly query: QueryParameters
}

type Answerer = (ports: RestPorts, request: Request) => APIGatewayProxyResult | Promise<APIGatewayProxyResult>

/** What answers each route. */
export const ANSWERERS: Record<RouteName, Answerer> = {
  'GET /': describe,
  'POST /jobs': submit,
  'GET /jobs/{id}': get,
  'DELETE /jobs/{id}': remove,
  'POST /jobs/{id}/cancel': cancel,
  'POST /jobs/{id}/retry': retry,
  'POST /jobs/{id}/publish': publish,
  'GET /jobs': list,
  'GET /counts': counts,
  'GET /failures': failures,
  ...SCHEDULE_ANSWERERS,
  ...WEBHOOK_ANSWERERS,
  ...WORKER_ANSWERERS,
  'POST /retries': (ports, request) => retries({ ...ports, retry: (key) => retryJob(ports, key) }, request),
}

function describe({ socketUrl }: RestPorts, { namespace }: Request): APIGatewayProxyResult {
  return answer(200, { protocol: PROTOCOL_VERSION, socketUrl, namespace } satisfies PlatformInfo)
}

async function submit(ports: RestPorts, { namespace, body }: Request): Promise<APIGatewayProxyResult> {
  const parsed = parseSubmitBody(body)
  if (!parsed.ok) return refusal(parsed.error)
  const { single, jobs } = parsed.value
  const outcomes = await submitJobs(ports, { namespace, jobs, single })
  if (!single) return answer(200, { jobs: fitOutcomes(outcomes, MAX_OUTCOMES_BYTES) } satisfies SubmitManyAnswer)
  const outcome = outcomes[0]!
  return 'error' in outcome ? refusal(outcome.error) : answer(202, outcome)
}

async function get(ports: RestPorts, request: Request): Promise<APIGatewayProxyResult> {
  const key = keyOf(request)
  if (!key.ok) return refusal(key.error)
  const job = await readJob(ports, key.value)
  return job.ok ? answer(200, { job: job.value } satisfies GetJobAnswer) : refusal(job.error)
}

async function remove(ports: RestPorts, request: Request): Promise<APIGatewayProxyResult> {
  const key = keyOf(request)
  if (!key.ok) return refusal(key.error)
  const error = await deleteJob(ports, key.value)
  return error === undefined ? answer(204) : refusal(error)
}

async function cancel(ports: RestPorts, request: Request): Promise<APIGatewayProxyResult> {
  const key = keyOf(request)
  if (!key.ok) return refusal(key.error)
  return answerUpdate(await cancelJob(ports, key.value))
}

async function retry(ports: RestPorts, request: Request): Promise<APIGatewayProxyResult> {
  const key = keyOf(request)
  if (!key.ok) return refusal(key.error)
  const outcome = await retryJob(ports, key.value)
  return outcome.ok ? answer(202, outcome.value) : refusal(outcome.error)
}

async function publish(ports: RestPorts, request: Request): Promise<APIGatewayProxyResult> {
  const key = keyOf(request)
  if (!key.ok) return refusal(key.error)
  const body = parsePublishBody(request.body)
  if (!body.ok) return refusal(body.error)
  return answerUpdate(await publishJob(ports, key.value, body.value))
}

function keyOf({ namespace, pathParameters }: Request): Parsed<JobKey> {
  const id = parseId(pathParameters['id'], 'id')
  return id.ok ? accept({ namespace, id: id.value }) : id
}

function answerUpdate(update: Parsed<JobUpdate>): APIGatewayProxyResult {
  return update.ok ? answer(200, { job: update.value } satisfies JobUpdateAnswer) : refusal(update.error)
}
