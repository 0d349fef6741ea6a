import type { APIGatewayProxyResult } from 'aws-lambda'
import type { DeliveryErasure, DeliveryPages } from '../../domain/webhooks/delivery-log.ts'
import type { PlatformInfo, RouteName } from '../../../protocol/wire/rest.ts'
import { PROTOCOL_VERSION } from '../../../protocol/wire/rest.ts'
import { JOB_ROUTES } from '../job/job-routes.ts'
import { restAnswer } from '../kit/rest-answer.ts'
import type { RestRequest, RouteHandler } from '../kit/rest-request.ts'
import type { ListPorts } from '../list/list-routes.ts'
import { LIST_ROUTES } from '../list/list-routes.ts'
import type { ManagePorts } from '../manage/manage-routes.ts'
import { MANAGE_ROUTES } from '../manage/manage-routes.ts'
import type { ScheduleRoutePorts } from '../schedules/schedule-routes.ts'
import { SCHEDULE_ROUTES } from '../schedules/schedule-routes.ts'
import { SUBMIT_ROUTES } from '../submit/submit-routes.ts'
import type { WebhookRoutePorts } from '../webhooks/webhook-routes.ts'
import { WEBHOOK_ROUTES } from '../webhooks/webhook-routes.ts'
import type { WorkerRoutePorts } from '../workers/worker-routes.ts'
import { WORKER_ROUTES } from '../workers/worker-routes.ts'

export interface RestPorts extends ManagePorts, ListPorts, ScheduleRoutePorts, WebhookRoutePorts, WorkerRoutePorts {
  readonly deliveries: DeliveryPages & DeliveryErasure
  /** The address at which clients open the socket. */
  readonly socketUrl: string
}

/** The handler of each route. */
export const ROUTE_HANDLERS: Record<RouteName, RouteHandler<RestPorts>> = {
  'GET /': handleDescribe,
  ...JOB_ROUTES,
  ...SUBMIT_ROUTES,
  ...WORKER_ROUTES,
  ...WEBHOOK_ROUTES,
  ...SCHEDULE_ROUTES,
  ...LIST_ROUTES,
  ...MANAGE_ROUTES,
}

function handleDescribe({ socketUrl }: RestPorts, { namespace }: RestRequest): APIGatewayProxyResult {
  return restAnswer(200, { protocol: PROTOCOL_VERSION, socketUrl, namespace } satisfies PlatformInfo)
}
