import { tasks } from 'jobwire-tasks'
import { openPusher, openSubmitPorts, openTables } from './deployment.ts'
import { openWebhooks } from './webhook-deployment.ts'
import { createSocketHandler } from '../handlers/socket.ts'

const { store, registry } = openTables()
const pusher = openPusher(registry)
export const handler = createSocketHandler({
  ...openSubmitPorts(),
  store,
  registry,
  pusher,
  webhooks: openWebhooks(),
  tasks,
})
