import type { APIGatewayProxyResult } from 'aws-lambda'
import type { DeliveriesAnswer, WebhookSecretAnswer } from '../../../protocol/wire/rest.ts'
import type { JobStore } from '../../domain/job/job-store.ts'
import type { DeliveryPages } from '../../domain/webhooks/delivery-log.ts'
import { readDeliveries } from '../../domain/webhooks/read-deliveries.ts'
import type { WebhookSecrets } from '../../domain/webhooks/webhook-secrets.ts'
import { restAnswer, restRefusal } from '../kit/rest-answer.ts'
import type { RestRequest, RouteHandler } from '../kit/rest-request.ts'
import { parseJobKey } from '../kit/rest-request.ts'

export interface WebhookRoutePorts {
  readonly store: JobStore
  readonly deliveries: DeliveryPages
  readonly secrets: WebhookSecrets
}

export const WEBHOOK_ROUTES = {
  'GET /jobs/{id}/deliveries': handleReadDeliveries,
  'GET /webhooks/secret': handleReadSecret,
} as const satisfies Record<string, RouteHandler<WebhookRoutePorts>>

async function handleReadDeliveries(ports: WebhookRoutePorts, request: RestRequest): Promise<APIGatewayProxyResult> {
  const key = parseJobKey(request)
  if (!key.ok) return restRefusal(key.error)
  const deliveries = await readDeliveries(ports, key.value)
  if (!deliveries.ok) return restRefusal(deliveries.error)
  return restAnswer(200, { deliveries: deliveries.value } satisfies DeliveriesAnswer)
}

async function handleReadSecret(
  { secrets }: WebhookRoutePorts,
  { namespace }: RestRequest,
): Promise<APIGatewayProxyResult> {
  const [present, previous] = await secrets(namespace)
  const body: WebhookSecretAnswer = { secret: present!, ...(previous === undefined ? {} : { previous }) }
  return restAnswer(200, body, { 'cache-control': 'no-store' })
}
