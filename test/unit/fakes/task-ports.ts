import { createInputCheck } from '../../../lambdas/domain/submit/validate-input.ts'
import type { Log } from '../../../lambdas/domain/kit/log.ts'
import type { TaskMap } from '../../../protocol/job/task.ts'
import { catalogTasks } from '../../../protocol/job/task-catalog.ts'

/** Returns the ports through which submits and runs know these tasks. */
export function taskPorts<Tasks extends TaskMap>(tasks: Tasks, log: Log = () => {}) {
  return { tasks, catalog: catalogTasks(tasks), checkInput: createInputCheck(tasks, log) }
}
