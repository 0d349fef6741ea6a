import type { TaskMap } from '../../protocol/job/task.ts'
import { connectWith } from './connect.ts'
import { openNodeSocket } from './wire/node-socket.ts'
import { nodeClock } from './time/node-clock.ts'
import type { Jobwire } from './jobwire/jobwire.ts'
import type { ConnectOptions, TasksOf } from './api/types.ts'

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
  return connectWith<T>({ openSocket: openNodeSocket, clock: nodeClock }, options)
}

export { JobError, JobwireError } from './api/errors.ts'
export type { ClientErrorCode, JobwireErrorCode } from './api/errors.ts'
export type { ErrorCode, JobErrorCode } from '../../protocol/kit/errors.ts'
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
} from '../../protocol/job/job.ts'
export type { ListAnswer, ListedJob } from '../../protocol/list/list.ts'
export type { Priority } from '../../protocol/job/priority.ts'
export type { PublishBody } from '../../protocol/manage/publish.ts'
export type { Schedule, SchedulesAnswer } from '../../protocol/schedules/schedule.ts'
export type { Task, TaskMap } from '../../protocol/job/task.ts'
export type { WorkerInfo, WorkersAnswer } from '../../protocol/workers/worker.ts'
export type { Backoff, ConcurrencyLimit, Duration } from '../../protocol/kit/policy.ts'
export type { Jobwire } from './jobwire/jobwire.ts'
export type { Schedules } from './jobwire/schedules.ts'
export type { CountOptions, Counts, ListOptions, RetryFailedOptions, WorkerListOptions } from './api/list-types.ts'
export type { NewSchedule, ScheduleListOptions } from './api/schedule-types.ts'
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
} from './api/types.ts'
