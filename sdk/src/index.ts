import type { TaskMap } from '../../protocol/task.ts'
import { connectWith } from './connect.ts'
import { openNodeSocket } from './node-socket.ts'
import type { ConnectOptions, Jobwire, TasksOf } from './types.ts'

/**
 * Connects to a deployment. Give it the type of your tasks, whose code stays on the server.
 *
 * @example
 * import type { tasks } from './tasks/index.ts'
 *
 * const jobs = await connect<typeof tasks>({ url, token })
 * const job = await jobs.submit('resize', { key: 'a.png' })
 * const result = await job.result({ timeout: '2m' })
 */
export function connect<T extends TasksOf<T> = TaskMap>(options: ConnectOptions): Promise<Jobwire<T>> {
  return connectWith<T>({ openSocket: openNodeSocket }, options)
}

export { JobError, JobwireError } from './errors.ts'
export type { ClientErrorCode, JobwireErrorCode } from './errors.ts'
export type { ErrorCode, JobErrorCode } from '../../protocol/errors.ts'
export type { JobFailure, JobMetadata, JobProgress, JobRecord, JobStatus, JobUpdate, Json } from '../../protocol/job.ts'
export type { Priority } from '../../protocol/priority.ts'
export type { Task, TaskMap } from '../../protocol/task.ts'
export type { Backoff, Duration } from '../../protocol/policy.ts'
export type { ConnectOptions, Job, Jobwire, Received, RunOptions, SubmitOptions, TaskInput } from './types.ts'
export type { TaskOutput, TasksOf, WaitOptions } from './types.ts'
