import type { TaskMap } from '../../../protocol/job/task.ts'
import { DEFAULT_QUEUE } from '../../../protocol/job/queue-name.ts'

/** Throws at the start of a function if a task asks for a lane that was not deployed: its jobs could never run. */
export function checkQueues(tasks: TaskMap, deployed: readonly string[]): void {
  for (const [name, { queue = DEFAULT_QUEUE }] of Object.entries(tasks)) {
    if (deployed.includes(queue)) continue
    const have = deployed.join(', ')
    throw new Error(
      `The task ${name} asks for the queue ${queue}, but this deployment has only ${have}: add it to "lanes".`,
    )
  }
}
