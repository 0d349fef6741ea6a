import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import type { WireError } from '../../protocol/errors.ts'
import { ERRORS } from '../../protocol/errors.ts'
import { parseId } from '../../protocol/parse-job.ts'
import { parseSubmitBody } from '../../protocol/parse.ts'
import type { GetJobAnswer, PlatformInfo, RoutePath, SubmitManyAnswer } from '../../protocol/rest.ts'
import { PROTOCOL_VERSION } from '../../protocol/rest.ts'
import { refuse } from '../../protocol/parsed.ts'
import { errorFields } from '../domain/log.ts'
import { readJob } from '../domain/read-job.ts'
import type { SubmitPorts } from '../domain/submit-jobs.ts'
import { submitJobs } from '../domain/submit-jobs.ts'
import { answer, refusal } from './rest-answer.ts'
import { findRoute } from './rest-router.ts'

export interface RestPorts extends SubmitPorts {
  /** Where clients open the socket. */
  readonly socketUrl: string
}

interface Request {
  readonly namespace: string
  readonly body: string
  readonly pathParameters: Readonly<Record<string, string>>
}

type Answerer = (ports: RestPorts, request: Request) => APIGatewayProxyResult | Promise<APIGatewayProxyResult>

const ANSWERERS: Record<RoutePath, Answerer> = { '/': describe, '/jobs': submit, '/jobs/{id}': get }

/** Answers every request of the REST API. */
export function createRestHandler(ports: RestPorts): (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult> {
  return async (event) => {
    const { requestId, authorizer } = event.requestContext
    try {
      if (event.httpMethod === 'OPTIONS') return answer(204)
      const route = findRoute(event.httpMethod, `/${event.pathParameters?.['proxy'] ?? ''}`)
      if ('error' in route) return refusal(route.error, route.headers)
      const namespace: unknown = authorizer?.['namespace']
      if (typeof namespace !== 'string')
        return refusal(refuse('UNAUTHENTICATED', ERRORS.UNAUTHENTICATED.sentence).error)
      const body = event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString() : (event.body ?? '')
      return await ANSWERERS[route.path](ports, { namespace, body, pathParameters: route.parameters })
    } catch (error) {
      ports.log('error', 'A REST request failed.', { apiRequestId: requestId, path: event.path, ...errorFields(error) })
      return refusal(refuse('INTERNAL', `${ERRORS.INTERNAL.sentence} It is ${requestId}.`).error)
    }
  }
}

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
  return 'error' in outcome ? refusal(outcome.error satisfies WireError) : answer(202, outcome)
}

async function get(ports: RestPorts, { namespace, pathParameters }: Request): Promise<APIGatewayProxyResult> {
  const id = parseId(pathParameters['id'], 'id')
  if (!id.ok) return refusal(id.error)
  const job = await readJob(ports, { namespace, id: id.value })
  return job.ok ? answer(200, { job: job.value } satisfies GetJobAnswer) : refusal(job.error)
}
