import { tasks } from 'jobwire-tasks'
import { deployedQueues, openPromptSubmitPorts, openScheduleStore, openTables } from './deployment.ts'
import { checkQueues } from '../domain/submit/check-queues.ts'
import { createScheduledHandler } from '../handlers/schedules/scheduled.ts'

const { store } = openTables()
// A job that nobody has submitted before tells nobody that it was.
const pusher = { push: () => Promise.resolve() }
const schedules = openScheduleStore()
checkQueues(tasks, deployedQueues())

export const handler = createScheduledHandler({ ...openPromptSubmitPorts(), store, schedules, pusher, tasks })
