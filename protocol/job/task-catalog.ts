import { DEFAULT_PRIORITY, type Priority } from './priority.ts'
import { DEFAULT_QUEUE } from './queue-name.ts'
import type { Task, TaskMap } from './task.ts'
import { durationMs } from '../kit/policy.ts'

/** A task as data: all that a submit needs of it. */
export interface CatalogTask {
  readonly queue: string
  readonly priority: Priority
  /** The timeout that the task asks for; absent if it has the default. */
  readonly timeoutMs?: number
  /** True if the task has a schema for its input. */
  readonly checksInput: boolean
}

/** The tasks of a deployment as data, by name. Made at synthesis, so that the functions of the APIs load no task code. */
export type TaskCatalog = Readonly<Record<string, CatalogTask>>

/** Makes the catalog of tasks in which `findTaskProblems` finds nothing. */
export function catalogTasks(tasks: TaskMap): TaskCatalog {
  return Object.fromEntries(Object.entries(tasks).map(([name, task]) => [name, catalogTask(task)]))
}

function catalogTask({ queue = DEFAULT_QUEUE, priority = DEFAULT_PRIORITY, timeout, input }: Task): CatalogTask {
  const timeoutMs = timeout === undefined ? {} : { timeoutMs: durationMs(timeout) }
  return { queue, priority, ...timeoutMs, checksInput: input !== undefined }
}
