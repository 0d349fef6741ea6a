import type { APIGatewayProxyResult } from 'aws-lambda'
import { parseId } from '../../../protocol/submit/parse-job.ts'
import type { DeliveriesAnswer, WebhookSecretAnswer } from '../../../protocol/wire/rest.ts'
import type { JobStore } from '../../domain/job/job-store.ts'
import { readDeliveries } from '../../domain/webhooks/read-deliveries.ts'
import type { DeliveryPages } from '../../domain/webhooks/delivery-log.ts'
import type { WebhookSecrets } from '../../domain/webhooks/webhook-secrets.ts'
import { answer, refusal } from '../kit/rest-answer.ts'

export interface WebhookRoutePorts {
  readonly store: JobStore
  readonly deliveries: DeliveryPages
  readonly secrets: WebhookSecrets
}

interface WebhookRouteRequest {
  readonly namespace: string
  readonly pathParameters: Readonly<Record<string, string>>
}

type Answerer = (ports: WebhookRoutePorts, request: WebhookRouteRequest) => Promise<APIGatewayProxyResult>

/** What answers the routes about webhooks. */
export const WEBHOOK_ANSWERERS = {
  'GET /jobs/{id}/deliveries': deliveries,
  'GET /webhooks/secret': secret,
} as const satisfies Record<string, Answerer>

async function deliveries(
  ports: WebhookRoutePorts,
  { namespace, pathParameters }: WebhookRouteRequest,
): Promise<APIGatewayProxyResult> {
  const id = parseId(pathParameters['id'], 'id')
  if (!id.ok) return refusal(id.error)
  const found = await readDeliveries(ports, { namespace, id: id.value })
  return found.ok ? answer(200, { deliveries: found.value } satisfies DeliveriesAnswer) : refusal(found.error)
}

async function secret(
  { secrets }: WebhookRoutePorts,
  { namespace }: WebhookRouteRequest,
): Promise<APIGatewayProxyResult> {
  const [present, previous] = await secrets(namespace)
  const body: WebhookSecretAnswer = { secret: present!, ...(previous === undefined ? {} : { previous }) }
  return answer(200, body, { 'cache-control': 'no-store' })
}
