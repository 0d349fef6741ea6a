import type { APIGatewayProxyResult } from 'aws-lambda'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { accept } from '../../../protocol/kit/parsed.ts'
import type { QueryParameters } from '../../../protocol/kit/query-parameters.ts'
import { parseId } from '../../../protocol/submit/parse-job.ts'
import type { JobKey } from '../../domain/job/stored-job.ts'

/** A request of an authenticated caller, whose route is known. */
export interface RestRequest {
  readonly namespace: string
  readonly body: string
  readonly pathParameters: Readonly<Record<string, string>>
  readonly query: QueryParameters
}

export type RouteHandler<Ports> = (
  ports: Ports,
  request: RestRequest,
) => APIGatewayProxyResult | Promise<APIGatewayProxyResult>

/** Reads the key of the job that the path names. */
export function parseJobKey({ namespace, pathParameters }: RestRequest): Parsed<JobKey> {
  const id = parseId(pathParameters['id'], 'id')
  return id.ok ? accept({ namespace, id: id.value }) : id
}
