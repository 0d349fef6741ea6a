import {
  openPayloads,
  openPusher,
  openSchedules,
  openSubmitPorts,
  openTables,
  openWorkers,
  socketUrl,
} from './parts/deployment.ts'
import { jobLogSetting } from './parts/setting.ts'
import { openTasks } from './parts/task-catalog.ts'
import { openDeliveries, openWebhooks, openWebhookSecrets } from './parts/webhook-deployment.ts'
import { offloadingQueue, offloadingStore } from '../domain/payloads/offload-payloads.ts'
import { createRestHandler } from '../handlers/rest/rest.ts'

const { store, registry, pages } = openTables()
const pusher = openPusher(registry, store)
const submitPorts = openSubmitPorts()
const offload = openPayloads()

export const handler = createRestHandler({
  ...submitPorts,
  ...openSchedules(),
  store: offloadingStore(store, offload),
  queue: offloadingQueue(submitPorts.queue, offload),
  pusher,
  pages,
  webhooks: openWebhooks(),
  deliveries: openDeliveries(),
  secrets: openWebhookSecrets(),
  workers: openWorkers(),
  ...openTasks(__dirname),
  ...jobLogSetting(),
  socketUrl: socketUrl(),
})
