import { openPusher, openSubmitPorts, openTables } from './deployment.ts'
import { jobLogSetting } from './setting.ts'
import { openTasks } from './task-catalog.ts'
import { openWebhooks } from './webhook-deployment.ts'
import { createSocketHandler } from '../handlers/sessions/socket.ts'

const { store, registry } = openTables()
const pusher = openPusher(registry, store)

export const handler = createSocketHandler({
  ...openSubmitPorts(),
  store,
  registry,
  pusher,
  webhooks: openWebhooks(),
  ...openTasks(__dirname),
  ...jobLogSetting(),
})
