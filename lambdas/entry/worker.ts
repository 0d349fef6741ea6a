import { tasks } from 'jobwire-tasks'
import { openPusher, openTables } from './deployment.ts'
import { consoleLog } from '../domain/log.ts'
import { systemClock } from '../domain/system-clock.ts'
import { createWorkerHandler } from '../handlers/worker.ts'

const { store, registry } = openTables()
const pusher = openPusher(registry)
export const handler = createWorkerHandler({ store, pusher, tasks, clock: systemClock, log: consoleLog })
