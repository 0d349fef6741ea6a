import { tasks } from 'jobwire-tasks'
import { openPromptSubmitPorts, openScheduleStore, openTables } from './deployment.ts'
import { createScheduledHandler } from '../handlers/scheduled.ts'

const { store } = openTables()
// A job that nobody has submitted before tells nobody that it was.
const pusher = { push: () => Promise.resolve() }
const schedules = openScheduleStore()
export const handler = createScheduledHandler({ ...openPromptSubmitPorts(), store, schedules, pusher, tasks })
