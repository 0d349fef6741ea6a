import type { TaskMap } from '../../protocol/task.ts'
import { connectWith } from './connect.ts'
import { openNodeSocket } from './node-socket.ts'
import { nodeTimers } from './node-timers.ts'
import type { Jobwire } from './jobwire.ts'
import type { ConnectOptions, TasksOf } from './types.ts'

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
  return connectWith<T>({ openSocket: openNodeSocket, timers: nodeTimers }, options)
}

export { JobError, JobwireError } from './errors.ts'
export type { ClientErrorCode, JobwireErrorCode } from './errors.ts'
export type { ErrorCode, JobErrorCode } from '../../protocol/errors.ts'
export type {
  JobFailure,
  JobMetadata,
  JobProgress,
  JobRecord,
  JobStatus,
  JobUpdate,
  JobWebhook,
  Json,
  SubmitOutcome,
} from '../../protocol/job.ts'
export type { ListAnswer, ListedJob } from '../../protocol/list.ts'
export type { Priority } from '../../protocol/priority.ts'
export type { PublishBody } from '../../protocol/rest.ts'
export type { Schedule, SchedulesAnswer } from '../../protocol/schedule.ts'
export type { Task, TaskMap } from '../../protocol/task.ts'
export type { WorkerInfo, WorkersAnswer } from '../../protocol/worker.ts'
export type { Backoff, ConcurrencyLimit, Duration } from '../../protocol/policy.ts'
export type { Jobwire, Schedules } from './jobwire.ts'
export type { CountOptions, Counts, ListOptions, RetryFailedOptions, WorkerListOptions } from './list-types.ts'
export type { NewSchedule, ScheduleListOptions } from './schedule-types.ts'
export type {
  ConnectionEvent,
  ClientDefaults,
  ConnectOptions,
  Job,
  JobSpec,
  JobSpecOf,
  MapOptions,
  MapProgress,
  Pages,
  Received,
  RunOptions,
  Settled,
  SubmitManyOutcome,
  SubmitOptions,
  TaskInput,
  TaskOutput,
  TasksOf,
  WaitOptions,
} from './types.ts'
