import { tasks } from 'jobwire-tasks'
import { openPayloads, openPusher, openRedelivery, openTables } from './deployment.ts'
import { consoleLog } from '../domain/log.ts'
import { offloadingStore } from '../domain/offload-payloads.ts'
import { systemClock } from '../domain/system-clock.ts'
import { JOB_RETENTION_DAYS } from '../environment.ts'
import { createWorkerHandler } from '../handlers/worker.ts'

const { store, registry } = openTables()
const offload = openPayloads()
export const handler = createWorkerHandler({
  store: offloadingStore(store, offload),
  payloads: offload.payloads,
  pusher: openPusher(registry),
  redelivery: openRedelivery(),
  tasks,
  clock: systemClock,
  log: consoleLog,
  random: Math.random,
  retentionMs: JOB_RETENTION_DAYS * 86_400_000,
})
