import { tasks } from 'jobwire-tasks'
import {
  openLongDelay,
  openPayloads,
  openPusher,
  openRedelivery,
  openRunSlots,
  openTables,
  openWorkers,
} from './deployment.ts'
import { thisWorker } from './this-worker.ts'
import { openWebhooks } from './webhook-deployment.ts'
import { consoleLog } from './console-log.ts'
import { offloadingStore } from '../domain/payloads/offload-payloads.ts'
import { createPresence } from '../domain/workers/register-worker.ts'
import { systemClock } from './system-clock.ts'
import { JOB_MAX_RECEIVES, JOB_RETENTION_DAYS } from '../environment.ts'
import { createWorkerHandler } from '../handlers/run/worker.ts'

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
  presence: createPresence({ workers: openWorkers(), clock: systemClock, log: consoleLog }, thisWorker()),
  tasks,
  clock: systemClock,
  log: consoleLog,
  random: Math.random,
  retentionMs: JOB_RETENTION_DAYS * 86_400_000,
  maxReceives: JOB_MAX_RECEIVES,
})
