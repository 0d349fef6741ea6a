export { defineTask } from '../../protocol/task.ts'
export type { Duration, Task, TaskContext, TaskMap } from '../../protocol/task.ts'
