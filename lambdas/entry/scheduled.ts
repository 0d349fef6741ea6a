import { tasks } from 'jobwire-tasks'
import { deployedQueues, openPromptSubmitPorts, openScheduleStore, openTables, openTimerStop } from './deployment.ts'
import { checkQueues } from '../domain/submit/check-queues.ts'
import { createScheduledHandler } from '../handlers/schedules/scheduled.ts'

const { store } = openTables()
// A submit pushes the state of a known job, to its watchers or to the session that submits: a schedule has neither.
const pusher = { push: () => Promise.resolve() }
const schedules = openScheduleStore()
checkQueues(tasks, deployedQueues())

export const handler = createScheduledHandler({
  ...openPromptSubmitPorts(),
  store,
  schedules,
  timer: openTimerStop(),
  pusher,
  tasks,
})
