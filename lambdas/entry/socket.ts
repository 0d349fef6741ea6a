import { openPusher, openSubmitPorts, openTables } from './parts/deployment.ts'
import { jobLogSetting } from './parts/setting.ts'
import { openTasks } from './parts/task-catalog.ts'
import { openWebhooks } from './parts/webhook-deployment.ts'
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
