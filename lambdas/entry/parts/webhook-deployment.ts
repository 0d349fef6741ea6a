import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { CALL_LIMITS } from '../../aws/kit/call-limits.ts'
import type { WebhookTargets } from '../../domain/webhooks/check-webhook.ts'
import { consoleLog } from './console-log.ts'
import { systemClock } from './system-clock.ts'
import type { DeliveryErasure, DeliveryLog, DeliveryPages } from '../../domain/webhooks/delivery-log.ts'
import type { WebhookQueue, WebhookRedelivery } from '../../domain/webhooks/webhook-queue.ts'
import type { WebhookSecrets } from '../../domain/webhooks/webhook-secrets.ts'
import { createDeliveryLog } from '../../aws/webhooks/delivery-log.ts'
import type { WebhookQueueParts } from '../../aws/webhooks/webhook-queue.ts'
import { createWebhookQueue, createWebhookRedelivery } from '../../aws/webhooks/webhook-queue.ts'
import { createWebhookSecrets } from '../../aws/webhooks/webhook-secrets.ts'
import { setting } from './setting.ts'
import { openSqs } from './sqs.ts'

// The deployed resources of webhooks as ports, like those of deployment.ts.

const clock = systemClock

/** The receivers that this deployment may call. */
export function webhookTargets(): WebhookTargets {
  return setting('webhookTargets') === 'any' ? 'any' : 'public'
}

/** The queue that takes the end of a job to its webhook. */
export function openWebhooks(): WebhookQueue {
  return createWebhookQueue(webhookQueueParts())
}

export function openWebhookRedelivery(): WebhookRedelivery {
  return createWebhookRedelivery(webhookQueueParts())
}

export function openWebhookSecrets(): WebhookSecrets {
  return createWebhookSecrets(new SecretsManagerClient(CALL_LIMITS), setting('webhookSecretId'), clock)
}

export function openDeliveries(): DeliveryLog & DeliveryPages & DeliveryErasure {
  return createDeliveryLog({ client: new DynamoDBClient(CALL_LIMITS), tableName: setting('registryTable'), clock })
}

function webhookQueueParts(): WebhookQueueParts {
  return {
    client: openSqs(),
    url: setting('webhookQueueUrl'),
    clock,
    log: consoleLog,
  }
}
