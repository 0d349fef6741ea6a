import { tasks } from 'jobwire-tasks'
import { deployedQueues, openPusher, openSubmitPorts, openTables } from './deployment.ts'
import { openWebhooks } from './webhook-deployment.ts'
import { checkQueues } from '../domain/submit/check-queues.ts'
import { createSocketHandler } from '../handlers/sessions/socket.ts'

const { store, registry } = openTables()
const pusher = openPusher(registry)
checkQueues(tasks, deployedQueues())

export const handler = createSocketHandler({
  ...openSubmitPorts(),
  store,
  registry,
  pusher,
  webhooks: openWebhooks(),
  tasks,
})
