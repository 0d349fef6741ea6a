export { defineTask } from '../../protocol/task.ts'
export type { Task, TaskContext, TaskMap } from '../../protocol/task.ts'
export type { ConcurrencyLimit, Duration } from '../../protocol/policy.ts'
