import type { TaskMap } from '../../protocol/task.ts'
import { openBrowserSocket } from './browser-socket.ts'
import { connectWith } from './connect.ts'
import type { Jobwire } from './jobwire.ts'
import type { ConnectOptions, TasksOf } from './types.ts'

// The types of this entry are those of index.ts: package.json points both at it.
export function connect<T extends TasksOf<T> = TaskMap>(options: ConnectOptions): Promise<Jobwire<T>> {
  return connectWith<T>({ openSocket: openBrowserSocket }, options)
}

export { JobError, JobwireError } from './errors.ts'
