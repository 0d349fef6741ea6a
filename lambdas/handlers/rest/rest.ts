import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { ERRORS } from '../../../protocol/kit/errors.ts'
import { refuse } from '../../../protocol/kit/parsed.ts'
import { errorFields } from '../../domain/kit/log.ts'
import { refuseForError } from '../kit/unexpected-error.ts'
import { restRefusal } from '../kit/rest-answer.ts'
import { findRoute } from '../kit/rest-router.ts'
import type { RestPorts } from './rest-routes.ts'
import { ROUTE_HANDLERS } from './rest-routes.ts'

/** Handles every request of the REST API. */
export function createRestHandler(ports: RestPorts): (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult> {
  return async (event) => {
    const { requestId, authorizer } = event.requestContext
    try {
      const route = findRoute(event.httpMethod, `/${event.pathParameters?.['proxy'] ?? ''}`)
      if (!route.ok) return restRefusal(route.error, route.headers)
      const namespace: unknown = authorizer?.['namespace']
      // API Gateway keeps the authorizer's answer for minutes: the token may have expired since.
      const isCurrent = Number(authorizer?.['expiresAt']) > ports.clock.now()
      if (typeof namespace !== 'string' || !isCurrent)
        return restRefusal(refuse('UNAUTHENTICATED', ERRORS.UNAUTHENTICATED.sentence).error)
      const body = event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString() : (event.body ?? '')
      return await ROUTE_HANDLERS[route.value.name](ports, {
        namespace,
        body,
        pathParameters: route.value.parameters,
        query: event.multiValueQueryStringParameters ?? {},
      })
    } catch (error) {
      ports.log('error', 'A REST request failed.', { apiRequestId: requestId, path: event.path, ...errorFields(error) })
      return restRefusal(refuseForError(error, requestId))
    }
  }
}
