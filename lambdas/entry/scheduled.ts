import { openPromptSubmitPorts, openScheduleStore, openTables, openTimerStop } from './parts/deployment.ts'
import { openTasks } from './parts/task-catalog.ts'
import { createScheduledHandler } from '../handlers/schedules/scheduled.ts'

const { store } = openTables()
// A submit pushes the state of a known job, to its watchers or to the session that submits: a schedule has neither.
const pusher = { push: () => Promise.resolve() }
const schedules = openScheduleStore()

export const handler = createScheduledHandler({
  ...openPromptSubmitPorts(),
  ...openTasks(__dirname),
  store,
  schedules,
  timer: openTimerStop(),
  pusher,
})
