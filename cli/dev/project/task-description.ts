import type { TaskCatalog } from '../../../protocol/job/task-catalog.ts'

/** The tasks of all platforms, as they were bundled last. */
export interface TaskDescription {
  readonly catalog: TaskCatalog
  /** The whole paths of the files that the tasks are made of. */
  readonly taskFiles: readonly string[]
}
