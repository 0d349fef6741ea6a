import type { TaskMap } from '../../protocol/job/task.ts'
import { openBrowserSocket } from './wire/browser-socket.ts'
import { connectWith } from './connect.ts'
import type { Jobwire } from './jobwire/jobwire.ts'
import type { ConnectOptions, TasksOf } from './api/types.ts'

// The types of this entry are those of index.ts: package.json points at them for both.
export function connect<T extends TasksOf<T> = TaskMap>(options: ConnectOptions): Promise<Jobwire<T>> {
  return connectWith<T>({ openSocket: openBrowserSocket }, options)
}

export { JobError, JobwireError } from './api/errors.ts'
