import { openPusher, openTables } from './deployment.ts'
import { consoleLog } from '../domain/log.ts'
import { systemClock } from '../domain/system-clock.ts'
import { createDeadLettersHandler } from '../handlers/dead-letters.ts'

const { store, registry } = openTables()
const pusher = openPusher(registry)
export const handler = createDeadLettersHandler({ store, pusher, clock: systemClock, log: consoleLog })
