import type { JobRecord, JobStatus, JobUpdate, SubmitOutcome } from '../../../protocol/job/job.ts'
import type { ListAnswer, ListedJob } from '../../../protocol/list/list.ts'
import type { PublishBody } from '../../../protocol/manage/publish.ts'
import type { Schedule, SchedulesAnswer } from '../../../protocol/schedules/schedule.ts'
import type { TaskMap } from '../../../protocol/job/task.ts'
import type { WorkerInfo, WorkersAnswer } from '../../../protocol/workers/worker.ts'
import type { CountOptions, Counts, ListOptions, RetryFailedOptions, WorkerListOptions } from './list-types.ts'
import type { NewSchedule, ScheduleListOptions } from './schedule-types.ts'
import type {
  ConnectionEvent,
  Job,
  JobSpecOf,
  MapOptions,
  Pages,
  RunOptions,
  Settled,
  SubmitManyOutcome,
  TaskArguments,
  TaskInput,
  TaskOutput,
  TasksOf,
  WaitOptions,
} from './types.ts'

type Inputs<Input> = Iterable<Input> | AsyncIterable<Input>

/**
 * A connected client. Made by `connect`.
 *
 * @example
 * const jobs: Jobwire<typeof tasks> = await connect<typeof tasks>({ url, token })
 */
export interface Jobwire<T extends TasksOf<T> = TaskMap> {
  /** The namespace that the token belongs to. */
  readonly namespace: string
  /**
   * Submits a job. Resolves once the platform has stored it for good, and rejects if it has not.
   *
   * @example
   * const job = await jobs.submit('resize', { key: 'a.png' }, { priority: 'high' })
   */
  submit<Name extends keyof T & string>(
    task: Name,
    ...rest: TaskArguments<TaskInput<T[Name]>, RunOptions>
  ): Promise<Job<TaskOutput<T[Name]>>>
  /**
   * Submits many jobs, also of several tasks, in as few frames as they fit. Each has its own outcome, in their order: a
   * job, or the error why there is none. One that is refused keeps none of the others from running.
   *
   * @example
   * for (const { job, error } of await jobs.submitMany([{ task: 'resize', input: { key: 'a.png' } }])) {
   *   console.log(job?.id ?? error.message)
   * }
   */
  submitMany<Name extends keyof T & string>(
    jobs: Iterable<JobSpecOf<T, Name>>,
    options?: WaitOptions,
  ): Promise<SubmitManyOutcome<TaskOutput<T[Name]>>[]>
  /**
   * Submits a job and gives its id alone, as soon as the platform has stored it.
   *
   * @example
   * const id = await jobs.delay('resize', { key: 'a.png' })
   */
  delay<Name extends keyof T & string>(
    task: Name,
    ...rest: TaskArguments<TaskInput<T[Name]>, RunOptions>
  ): Promise<string>
  /**
   * Submits a job and waits for its output. A `timeout` covers both.
   *
   * @example
   * const thumbnail = await jobs.run('resize', { key: 'a.png' }, { timeout: '2m' })
   */
  run<Name extends keyof T & string>(
    task: Name,
    ...rest: TaskArguments<TaskInput<T[Name]>, RunOptions>
  ): Promise<TaskOutput<T[Name]>>
  /**
   * Runs a task for each input. Awaited, it gives all outputs in the order of the inputs; read by `for await`, one after
   * the other in that order, for any number of them in little memory. The first failure ends it and cancels the rest,
   * as does leaving the loop, unless `errors` is `collect`: then each item tells how it ended.
   *
   * @example
   * const thumbnails = await jobs.map('resize', [{ key: 'a.png' }, { key: 'b.png' }], { concurrency: 50 })
   * for await (const thumbnail of jobs.map('resize', readKeys())) await save(thumbnail)
   */
  map<Name extends keyof T & string>(
    task: Name,
    inputs: Inputs<TaskInput<T[Name]>>,
    options: MapOptions<TaskInput<T[Name]>> & { readonly errors: 'collect' },
  ): Pages<Settled<TaskOutput<T[Name]>>[], Settled<TaskOutput<T[Name]>>>
  map<Name extends keyof T & string>(
    task: Name,
    inputs: Inputs<TaskInput<T[Name]>>,
    options?: MapOptions<TaskInput<T[Name]>>,
  ): Pages<TaskOutput<T[Name]>[], TaskOutput<T[Name]>>
  /**
   * Runs a task for each input and gives the outputs as the jobs end. Otherwise like `map`.
   *
   * @example
   * for await (const { index, value } of jobs.stream('resize', inputs)) show(index, value)
   */
  stream<Name extends keyof T & string>(
    task: Name,
    inputs: Inputs<TaskInput<T[Name]>>,
    options: MapOptions<TaskInput<T[Name]>> & { readonly errors: 'collect' },
  ): AsyncIterableIterator<Settled<TaskOutput<T[Name]>>>
  stream<Name extends keyof T & string>(
    task: Name,
    inputs: Inputs<TaskInput<T[Name]>>,
    options?: MapOptions<TaskInput<T[Name]>>,
  ): AsyncIterableIterator<Extract<Settled<TaskOutput<T[Name]>>, { readonly error?: undefined }>>
  /**
   * Every change of the job with that id, the present state first, to its end; whoever submitted it or will.
   *
   * @example
   * for await (const { status, progress } of jobs.subscribe('order-17')) console.log(status, progress?.percent)
   */
  subscribe(id: string, options?: WaitOptions): AsyncIterableIterator<JobUpdate>
  /**
   * Every change of many jobs, by their ids or by what their ids begin with, until the last has ended. Jobs that come
   * later with that prefix are found within ten seconds; where there is none yet, it waits for the first.
   *
   * @example
   * for await (const { id, status } of jobs.watch({ prefix: 'import-7:' })) console.log(id, status)
   */
  watch(target: Iterable<string> | { readonly prefix: string }, options?: WaitOptions): AsyncIterableIterator<JobUpdate>
  /**
   * The output of the job with that id, whoever submitted it or will.
   *
   * @example
   * const thumbnail = await jobs.result<string>('order-17', { timeout: '2m' })
   */
  result<Output = unknown>(id: string, options?: WaitOptions): Promise<Output>
  /**
   * The status of the job with that id. Rejects with `JOB_NOT_FOUND` if there is none.
   *
   * @example
   * if ((await jobs.status('order-17')) === 'success') await ship()
   */
  status(id: string, options?: WaitOptions): Promise<JobStatus>
  /**
   * The job with that id, whole. Rejects with `JOB_NOT_FOUND` if there is none.
   *
   * @example
   * const { status, input, attempts } = await jobs.get('order-17')
   */
  get(id: string, options?: WaitOptions): Promise<JobRecord>
  /**
   * The jobs that pass a filter, in the order of their ids. Read by `for await`, all of them (or `limit`), page by page;
   * awaited, one page.
   *
   * @example
   * for await (const { id, error } of jobs.list({ status: 'failed', tags: ['import'] })) console.log(id, error?.code)
   * const { jobs: latest, cursor } = await jobs.list({ order: 'desc', limit: 20 })
   */
  list(options?: ListOptions): Pages<ListAnswer, ListedJob>
  /**
   * How many jobs there are in each status, and in all.
   *
   * @example
   * const { pending, failed, total } = await jobs.counts({ prefix: 'import-7:' })
   */
  counts(options?: CountOptions): Promise<Counts>
  /**
   * How many jobs have failed with each code.
   *
   * @example
   * const { TASK_TIMEOUT = 0 } = await jobs.failures()
   */
  failures(options?: Pick<CountOptions, 'prefix'> & WaitOptions): Promise<Readonly<Record<string, number>>>
  /**
   * Cancels the job with that id unless it has ended, and gives what it is then. Rejects with `JOB_NOT_FOUND` if
   * there is none. Whoever waits for the result gets a `JobError` with the code `JOB_CANCELLED`.
   *
   * @example
   * const { status } = await jobs.cancel('order-17') // 'cancelled', or how it had ended before
   */
  cancel(id: string, options?: WaitOptions): Promise<JobUpdate>
  /**
   * Runs a failed or cancelled job again, under its id.
   *
   * @example
   * const value = await (await jobs.retry('order-17')).result()
   */
  retry<Output = unknown>(id: string, options?: WaitOptions): Promise<Job<Output>>
  /**
   * Runs many failed jobs again: those named, all that failed with one code, or all.
   *
   * @example
   * const outcomes = await jobs.retryFailed({ code: 'ECONNRESET', prefix: 'import-7:' })
   */
  retryFailed(options: RetryFailedOptions & WaitOptions): Promise<SubmitOutcome[]>
  /**
   * Deletes a job that has ended. Its id is free again.
   *
   * @example
   * await jobs.delete('order-17')
   */
  delete(id: string, options?: WaitOptions): Promise<void>
  /**
   * Tells what becomes of a job that no queue runs: progress, or its end. Whoever watches that id sees it.
   *
   * @example
   * await jobs.publish('print-17', { progress: { percent: 40 } })
   * await jobs.publish('print-17', { status: 'success', output: { pages: 12 } })
   */
  publish(id: string, body: PublishBody, options?: WaitOptions): Promise<JobUpdate>
  /**
   * Schedules, each of which submits a task again and again.
   *
   * @example
   * await jobs.schedules.create({ name: 'nightly', task: 'sweep', cron: '0 3 * * ? *', timezone: 'Europe/Berlin' })
   */
  readonly schedules: Schedules<T>
  /**
   * Who runs jobs in this deployment now, whichever namespace they are of. Read by `for await`, all of them, page by
   * page; awaited, one page. A worker that has had no work for a quarter of an hour is not in it.
   *
   * @example
   * for await (const { queue, tasks, lastSeenAt } of jobs.workers()) console.log(queue, tasks, new Date(lastSeenAt))
   * const { workers } = await jobs.workers({ queue: 'default', limit: 20 })
   */
  workers(options?: WorkerListOptions): Pages<WorkersAnswer, WorkerInfo>
  /**
   * Calls back whenever the connection is there, is gone, or is sought again. The answer ends that. Nothing needs to be
   * done in either case: it is for a light in the corner of a page.
   *
   * @example
   * const off = jobs.on('offline', () => showLight('red'))
   */
  on(event: ConnectionEvent, listener: () => void): () => void
  /**
   * Ends the connection. Whatever is still waited for rejects with `CLIENT_CLOSED`; the jobs go on.
   *
   * @example
   * await jobs.close()
   */
  close(): Promise<void>
}

/**
 * The schedules of the namespace, as `jobs.schedules`.
 *
 * @example
 * for await (const { name, nextRunAt } of jobs.schedules.list()) console.log(name, nextRunAt)
 */
export interface Schedules<T extends TasksOf<T> = TaskMap> {
  /** Makes one. The same again changes nothing; another one of that name rejects with `SCHEDULE_EXISTS`. */
  create<Name extends keyof T & string>(
    schedule: NewSchedule<Name, TaskInput<T[Name]>>,
    options?: WaitOptions,
  ): Promise<Schedule>
  /** One, with its last and next run. */
  get(name: string, options?: WaitOptions): Promise<Schedule>
  /** All of them in the order of their names; awaited, one page. */
  list(options?: ScheduleListOptions): Pages<SchedulesAnswer, Schedule>
  /** Puts one to rest. */
  pause(name: string, options?: WaitOptions): Promise<Schedule>
  /** Wakes one that rests. What it has missed is not made up for. */
  resume(name: string, options?: WaitOptions): Promise<Schedule>
  /** Deletes one. What it has submitted goes on. */
  delete(name: string, options?: WaitOptions): Promise<void>
}
