import { join } from 'node:path'
import { tasks } from 'jobwire-tasks'
import {
  openMessageHold,
  openPayloads,
  openPusher,
  openQueues,
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
import { createWorkerHandler } from '../handlers/run/worker.ts'

const { store, registry } = openTables()
const offload = openPayloads()
const redelivery = openRedelivery()
export const handler = createWorkerHandler({
  store: offloadingStore(store, offload),
  payloads: offload.payloads,
  pusher: openPusher(registry),
  queue: openQueues(),
  redelivery,
  hold: openMessageHold(redelivery, join(__dirname, 'hold-thread.js')),
  webhooks: openWebhooks(),
  slots: openRunSlots(),
  presence: createPresence({ workers: openWorkers(), clock: systemClock, log: consoleLog }, thisWorker()),
  tasks,
  clock: systemClock,
  log: consoleLog,
  random: Math.random,
})
