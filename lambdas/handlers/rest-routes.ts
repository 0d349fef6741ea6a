import type { APIGatewayProxyResult } from 'aws-lambda'
import { parseSubmitBody } from '../../protocol/parse.ts'
import { parseId } from '../../protocol/parse-job.ts'
import type { GetJobAnswer, PlatformInfo, RoutePath, SubmitManyAnswer } from '../../protocol/rest.ts'
import { PROTOCOL_VERSION } from '../../protocol/rest.ts'
import { readJob } from '../domain/read-job.ts'
import type { SubmitPorts } from '../domain/submit-jobs.ts'
import { submitJobs } from '../domain/submit-jobs.ts'
import { answer, refusal } from './rest-answer.ts'

export interface RestPorts extends SubmitPorts {
  /** Where clients open the socket. */
  readonly socketUrl: string
}

export interface Request {
  readonly namespace: string
  readonly body: string
  readonly pathParameters: Readonly<Record<string, string>>
}

type Answerer = (ports: RestPorts, request: Request) => APIGatewayProxyResult | Promise<APIGatewayProxyResult>

/** What answers each route. */
export const ANSWERERS: Record<RoutePath, Answerer> = { '/': describe, '/jobs': submit, '/jobs/{id}': get }

function describe({ socketUrl }: RestPorts, { namespace }: Request): APIGatewayProxyResult {
  return answer(200, { protocol: PROTOCOL_VERSION, socketUrl, namespace } satisfies PlatformInfo)
}

async function submit(ports: RestPorts, { namespace, body }: Request): Promise<APIGatewayProxyResult> {
  const parsed = parseSubmitBody(body)
  if (!parsed.ok) return refusal(parsed.error)
  const { single, jobs } = parsed.value
  const outcomes = await submitJobs(ports, { namespace, jobs, single })
  if (!single) return answer(200, { jobs: outcomes } satisfies SubmitManyAnswer)
  const outcome = outcomes[0]!
  return 'error' in outcome ? refusal(outcome.error) : answer(202, outcome)
}

async function get(ports: RestPorts, { namespace, pathParameters }: Request): Promise<APIGatewayProxyResult> {
  const id = parseId(pathParameters['id'], 'id')
  if (!id.ok) return refusal(id.error)
  const job = await readJob(ports, { namespace, id: id.value })
  return job.ok ? answer(200, { job: job.value } satisfies GetJobAnswer) : refusal(job.error)
}
