import { tasks } from 'jobwire-tasks'
import { openLongDelay, openPayloads, openPusher, openRedelivery, openRunSlots, openTables } from './deployment.ts'
import { openWebhooks } from './webhook-deployment.ts'
import { consoleLog } from '../domain/log.ts'
import { offloadingStore } from '../domain/offload-payloads.ts'
import { systemClock } from '../domain/system-clock.ts'
import { JOB_MAX_RECEIVES, JOB_RETENTION_DAYS } from '../environment.ts'
import { createWorkerHandler } from '../handlers/worker.ts'

const { store, registry } = openTables()
const offload = openPayloads()
export const handler = createWorkerHandler({
  store: offloadingStore(store, offload),
  payloads: offload.payloads,
  pusher: openPusher(registry),
  redelivery: openRedelivery(),
  webhooks: openWebhooks(),
  slots: openRunSlots(),
  longDelay: openLongDelay(),
  tasks,
  clock: systemClock,
  log: consoleLog,
  random: Math.random,
  retentionMs: JOB_RETENTION_DAYS * 86_400_000,
  maxReceives: JOB_MAX_RECEIVES,
})
