import type { APIGatewayProxyResult } from 'aws-lambda'
import { parseSubmitBody } from '../../../protocol/wire/parse.ts'
import type { SubmitManyAnswer } from '../../../protocol/wire/rest.ts'
import type { SubmitPorts } from '../../domain/submit/submit-jobs.ts'
import { submitJobs } from '../../domain/submit/submit-jobs.ts'
import { fitOutcomes } from '../kit/fit-outcomes.ts'
import { restAnswer, restRefusal } from '../kit/rest-answer.ts'
import type { RestRequest } from '../kit/rest-request.ts'

/** Lambda returns 6 MB at most, and counts each quotation mark of a body twice. */
const MAX_OUTCOMES_BYTES = 4 * 1024 * 1024

export const SUBMIT_ROUTES = { 'POST /jobs': handleSubmit } as const

async function handleSubmit(ports: SubmitPorts, { namespace, body }: RestRequest): Promise<APIGatewayProxyResult> {
  const parsed = parseSubmitBody(body)
  if (!parsed.ok) return restRefusal(parsed.error)
  const { single, jobs } = parsed.value
  const outcomes = await submitJobs(ports, { namespace, jobs, single })
  if (!single) return restAnswer(200, { jobs: fitOutcomes(outcomes, MAX_OUTCOMES_BYTES) } satisfies SubmitManyAnswer)
  const outcome = outcomes[0]!
  return 'error' in outcome ? restRefusal(outcome.error) : restAnswer(202, outcome)
}
