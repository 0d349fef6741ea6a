export { defineTask } from '../../protocol/job/task.ts'
export type { Task, TaskContext, TaskMap } from '../../protocol/job/task.ts'
export type { ConcurrencyLimit, Duration } from '../../protocol/kit/policy.ts'
