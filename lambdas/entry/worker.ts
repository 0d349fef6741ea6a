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
} from './parts/deployment.ts'
import { runTimeMs } from '../../protocol/job/run-time.ts'
import { jobLogSetting, numberSetting } from './parts/setting.ts'
import { thisWorker } from './parts/this-worker.ts'
import { openWebhooks } from './parts/webhook-deployment.ts'
import { consoleLog } from './parts/console-log.ts'
import { labelLines } from './parts/job-console.ts'
import { offloadingStore } from '../domain/payloads/offload-payloads.ts'
import { refuseTasks } from '../domain/workers/refuse-tasks.ts'
import { createPresence } from '../domain/workers/register-worker.ts'
import { systemClock } from './parts/system-clock.ts'
import { createWorkerHandler } from '../handlers/run/worker.ts'

const { store, registry } = openTables()
const offload = openPayloads()
const worker = thisWorker()
const redelivery = openRedelivery()
export const handler = createWorkerHandler({
  store: offloadingStore(store, offload),
  payloads: offload.payloads,
  pusher: openPusher(registry, store),
  queue: openQueues(),
  redelivery,
  hold: openMessageHold(redelivery, join(__dirname, 'hold-thread.js')),
  webhooks: openWebhooks(),
  slots: openRunSlots(),
  presence: createPresence({ workers: openWorkers(), clock: systemClock, log: consoleLog }, worker),
  tasks: refuseTasks(labelLines(tasks), worker.queue, runTimeMs(numberSetting('laneTimeoutMs')), consoleLog),
  clock: systemClock,
  log: consoleLog,
  ...jobLogSetting(),
  random: Math.random,
})
