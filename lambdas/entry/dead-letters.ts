import { openPusher, openScheduleStore, openTables } from './parts/deployment.ts'
import { openWebhooks } from './parts/webhook-deployment.ts'
import { consoleLog } from './parts/console-log.ts'
import { jobLogSetting } from './parts/setting.ts'
import { systemClock } from './parts/system-clock.ts'
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
