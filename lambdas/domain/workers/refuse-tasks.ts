import type { JobErrorCode } from '../../../protocol/kit/errors.ts'
import type { TaskMap } from '../../../protocol/job/task.ts'
import { catalogTasks } from '../../../protocol/job/task-catalog.ts'
import { findLaneProblem } from '../../../protocol/job/task-problems.ts'
import type { Log } from '../kit/log.ts'

/**
 * Returns the tasks as a lane runs them: a task of this lane that cannot keep its timeout here fails with the reason.
 * Synthesis refuses such a task, so this is for a worker that was changed after it.
 */
export function refuseTasks(tasks: TaskMap, lane: string, laneRunTimeMs: number, log: Log): TaskMap {
  const own = Object.entries(catalogTasks(tasks)).filter(([, { queue }]) => queue === lane)
  const problems = own.flatMap(([name, task]) => {
    const problem = findLaneProblem(name, task, { [lane]: laneRunTimeMs })
    return problem === undefined ? [] : [[name, problem] as const]
  })
  for (const [task, problem] of problems) log('error', problem, { task })
  const refused = problems.map(([name, problem]) => [name, { ...tasks[name], run: () => fail(problem) }] as const)
  return { ...tasks, ...Object.fromEntries(refused) }
}

function fail(problem: string): never {
  const code: JobErrorCode = 'TIMEOUT_TOO_LONG'
  throw Object.assign(new Error(problem), { code, retryable: false })
}
