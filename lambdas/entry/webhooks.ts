import {
  openDeliveries,
  openWebhookRedelivery,
  openWebhooks,
  openWebhookSecrets,
  webhookTargets,
} from './parts/webhook-deployment.ts'
import { consoleLog } from './parts/console-log.ts'
import { systemClock } from './parts/system-clock.ts'
import { createWebhooksHandler } from '../handlers/webhooks/webhooks.ts'
import { createPostWebhook } from '../web/post-webhook.ts'

export const handler = createWebhooksHandler({
  deliveries: openDeliveries(),
  post: createPostWebhook({ targets: webhookTargets(), clock: systemClock }),
  secrets: openWebhookSecrets(),
  queue: openWebhooks(),
  redelivery: openWebhookRedelivery(),
  clock: systemClock,
  log: consoleLog,
  random: Math.random,
})
