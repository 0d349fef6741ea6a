import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SQSClient } from '@aws-sdk/client-sqs'
import { CALL_LIMITS } from '../aws/kit/call-limits.ts'
import type { WebhookTargets } from '../domain/webhooks/check-webhook.ts'
import { consoleLog } from './console-log.ts'
import { systemClock } from './system-clock.ts'
import type {
  DeliveryLog,
  DeliveryPages,
  WebhookQueue,
  WebhookRedelivery,
  WebhookSecrets,
} from '../domain/webhooks/ports.ts'
import { createDeliveryLog } from '../aws/webhooks/delivery-log.ts'
import type { WebhookQueueParts } from '../aws/webhooks/webhook-queue.ts'
import { createWebhookQueue, createWebhookRedelivery } from '../aws/webhooks/webhook-queue.ts'
import { createWebhookSecrets } from '../aws/webhooks/webhook-secrets.ts'
import { setting } from './setting.ts'

// What the stack deployed for webhooks, as ports: see deployment.ts.

const clock = systemClock

/** Which receivers the deployment calls. */
export function webhookTargets(): WebhookTargets {
  return setting('webhookTargets') === 'any' ? 'any' : 'public'
}

/** Where a job's end is handed over to be told. */
export function openWebhooks(): WebhookQueue {
  return createWebhookQueue(queueParts())
}

export function openWebhookRedelivery(): WebhookRedelivery {
  return createWebhookRedelivery(queueParts())
}

export function openWebhookSecrets(): WebhookSecrets {
  return createWebhookSecrets(new SecretsManagerClient(CALL_LIMITS), setting('webhookSecretId'), clock)
}

export function openDeliveries(): DeliveryLog & DeliveryPages {
  return createDeliveryLog({ client: new DynamoDBClient(CALL_LIMITS), tableName: setting('registryTable'), clock })
}

function queueParts(): WebhookQueueParts {
  return {
    client: new SQSClient({ ...CALL_LIMITS, md5: false }),
    url: setting('webhookQueueUrl'),
    clock,
    log: consoleLog,
  }
}
