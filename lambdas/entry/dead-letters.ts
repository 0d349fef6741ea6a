import { openPusher, openScheduleStore, openTables } from './deployment.ts'
import { openWebhooks } from './webhook-deployment.ts'
import { consoleLog } from './console-log.ts'
import { jobLogSetting } from './setting.ts'
import { systemClock } from './system-clock.ts'
import { createDeadLettersHandler } from '../handlers/dead-letters/dead-letters.ts'

const { store, registry } = openTables()
const pusher = openPusher(registry, store)
const webhooks = openWebhooks()
export const handler = createDeadLettersHandler({
  store,
  pusher,
  webhooks,
  schedules: openScheduleStore(),
  clock: systemClock,
  log: consoleLog,
  ...jobLogSetting(),
})
