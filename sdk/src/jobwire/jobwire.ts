import type { JobRecord, JobStatus, JobUpdate, SubmitOutcome } from '../../../protocol/job/job.ts'
import type { ListAnswer, ListedJob } from '../../../protocol/list/list.ts'
import type { PublishBody } from '../../../protocol/manage/publish.ts'
import type { TaskMap } from '../../../protocol/job/task.ts'
import type { WorkerInfo, WorkersAnswer } from '../../../protocol/workers/worker.ts'
import { checkId } from '../api/input.ts'
import type { CountOptions, Counts, ListOptions, RetryFailedOptions, WorkerListOptions } from '../api/list-types.ts'
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
} from '../api/types.ts'
import { JobHandle } from '../calls/job-handle.ts'
import { runJob, submitJob } from '../calls/submit.ts'
import type { Client } from '../client/client.ts'
import { late } from '../client/late.ts'
import { bindMethods } from './bind-methods.ts'
import { pages } from './pages.ts'
import { SchedulesClient } from './schedules.ts'
import type { Schedules } from './schedules.ts'

type Inputs<Input> = Iterable<Input> | AsyncIterable<Input>

/**
 * A connected client. Made by `connect`.
 *
 * @example
 * const jobs: Jobwire<typeof tasks> = await connect<typeof tasks>({ url, token })
 */
export interface Jobwire<T extends TasksOf<T> = TaskMap> extends Pick<JobwireClient<T>, keyof JobwireClient<T>> {}

/** The methods of a `Jobwire`, each with the code that it runs. Most of that is loaded on its first use. */
export class JobwireClient<T extends TasksOf<T> = TaskMap> {
  /** The namespace that the token belongs to. */
  readonly namespace: string
  /**
   * Schedules, each of which submits a task again and again.
   *
   * @example
   * await jobs.schedules.create({ name: 'nightly', task: 'sweep', cron: '0 3 * * ? *', timezone: 'Europe/Berlin' })
   */
  readonly schedules: Schedules<T>
  readonly #client: Client

  /** @internal */
  constructor(client: Client) {
    this.namespace = client.namespace
    this.schedules = new SchedulesClient<T>(client)
    this.#client = client
    bindMethods(this)
  }

  /**
   * Submits a job. Resolves once the platform has stored it for good, and rejects if it has not.
   *
   * @example
   * const job = await jobs.submit('resize', { key: 'a.png' }, { priority: 'high' })
   */
  submit<Name extends keyof T & string>(
    task: Name,
    ...rest: TaskArguments<TaskInput<T[Name]>, RunOptions>
  ): Promise<Job<TaskOutput<T[Name]>>> {
    return submitJob(this.#client, task, ...rest)
  }

  /**
   * Submits many jobs, of one task or several, in as few frames as they fit. Each job has its own outcome, in the order
   * of the jobs: the job, or the error why there is none. A refused job does not keep the others from running.
   *
   * @example
   * for (const { job, error } of await jobs.submitMany([{ task: 'resize', input: { key: 'a.png' } }])) {
   *   console.log(job?.id ?? error.message)
   * }
   */
  async submitMany<Name extends keyof T & string>(
    jobs: Iterable<JobSpecOf<T, Name>>,
    options?: WaitOptions,
  ): Promise<SubmitManyOutcome<TaskOutput<T[Name]>>[]> {
    const { submitMany } = await late(import('../calls/submit-many.ts'))
    return submitMany(this.#client, jobs, options)
  }

  /**
   * Submits a job and returns only its id, as soon as the platform has stored it.
   *
   * @example
   * const id = await jobs.delay('resize', { key: 'a.png' })
   */
  async delay<Name extends keyof T & string>(
    task: Name,
    ...rest: TaskArguments<TaskInput<T[Name]>, RunOptions>
  ): Promise<string> {
    const { submitForId } = await late(import('../calls/submit-many.ts'))
    return submitForId(this.#client, task, ...rest)
  }

  /**
   * Submits a job and waits for its output. A `timeout` covers both.
   *
   * @example
   * const thumbnail = await jobs.run('resize', { key: 'a.png' }, { timeout: '2m' })
   */
  run<Name extends keyof T & string>(
    task: Name,
    ...rest: TaskArguments<TaskInput<T[Name]>, RunOptions>
  ): Promise<TaskOutput<T[Name]>> {
    return runJob(this.#client, task, ...rest)
  }

  /**
   * Runs a task for each input. Awaited, it returns all outputs in the order of the inputs. In a `for await` loop, it
   * gives one output after the other in that order, and needs little memory for any number of inputs. The first failure
   * ends it and cancels the rest, as does leaving the loop. With `errors: 'collect'` it goes on, and each item tells how
   * its job ended.
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
  map(task: string, inputs: Inputs<unknown>, options?: MapOptions): Pages<any[], any> {
    const part = () => late(import('../calls/map.ts'))
    return pages(
      async () => (await part()).mapAll(this.#client, task, inputs, options),
      async () => (await part()).mapEach(this.#client, task, inputs, options),
    )
  }

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
  async *stream(task: string, inputs: Inputs<unknown>, options?: MapOptions): AsyncIterableIterator<any> {
    const { streamSettled } = await late(import('../calls/map.ts'))
    yield* streamSettled(this.#client, task, inputs, options)
  }

  /**
   * Every change of the job with that id until it has ended, the present state first. It does not matter who submits the
   * job, or when.
   *
   * @example
   * for await (const { status, progress } of jobs.subscribe('order-17')) console.log(status, progress?.percent)
   */
  async *subscribe(id: string, options?: WaitOptions): AsyncIterableIterator<JobUpdate> {
    const { followId } = await late(import('../calls/follow.ts'))
    yield* followId(this.#client, id, options)
  }

  /**
   * Every change of many jobs, by their ids or by a prefix of their ids, until the last has ended. Jobs with that prefix
   * that are submitted later are found within ten seconds. If there is none yet, it waits for the first.
   *
   * @example
   * for await (const { id, status } of jobs.watch({ prefix: 'import-7:' })) console.log(id, status)
   */
  async *watch(
    target: Iterable<string> | { readonly prefix: string },
    options?: WaitOptions,
  ): AsyncIterableIterator<JobUpdate> {
    const { watchJobs } = await late(import('../calls/follow.ts'))
    yield* watchJobs(this.#client, target, options)
  }

  /**
   * The output of the job with that id, once it has ended. It does not matter who submits the job, or when.
   *
   * @example
   * const thumbnail = await jobs.result<string>('order-17', { timeout: '2m' })
   */
  async result<Output = unknown>(id: string, options?: WaitOptions): Promise<Output> {
    checkId(id)
    return new JobHandle<Output>(this.#client, this.#client.known(id)).result(options)
  }

  /**
   * The status of the job with that id. Rejects with `JOB_NOT_FOUND` if there is none.
   *
   * @example
   * if ((await jobs.status('order-17')) === 'success') await ship()
   */
  async status(id: string, options?: WaitOptions): Promise<JobStatus> {
    const { getStatus } = await late(import('../calls/get.ts'))
    return getStatus(this.#client, id, options)
  }

  /**
   * The whole record of the job with that id. Rejects with `JOB_NOT_FOUND` if there is none.
   *
   * @example
   * const { status, input, attempts } = await jobs.get('order-17')
   */
  async get(id: string, options?: WaitOptions): Promise<JobRecord> {
    const { getJob } = await late(import('../calls/get.ts'))
    return getJob(this.#client, id, options)
  }

  /**
   * The jobs that pass a filter, in the order of their ids. Awaited, it returns one page. In a `for await` loop, it gives
   * all of them (or `limit`), page by page.
   *
   * @example
   * for await (const { id, error } of jobs.list({ status: 'failed', tags: ['import'] })) console.log(id, error?.code)
   * const { jobs: latest, cursor } = await jobs.list({ order: 'desc', limit: 20 })
   */
  list(options?: ListOptions): Pages<ListAnswer, ListedJob> {
    const part = () => late(import('../calls/list.ts'))
    return pages(
      async () => (await part()).listPage(this.#client, options),
      async () => (await part()).listAll(this.#client, options),
    )
  }

  /**
   * The number of jobs in each status, and in all.
   *
   * @example
   * const { pending, failed, total } = await jobs.counts({ prefix: 'import-7:' })
   */
  async counts(options?: CountOptions): Promise<Counts> {
    const { countJobs } = await late(import('../calls/counts.ts'))
    return countJobs(this.#client, options)
  }

  /**
   * The number of jobs that have failed with each code.
   *
   * @example
   * const { TASK_TIMEOUT = 0 } = await jobs.failures()
   */
  async failures(options?: Pick<CountOptions, 'prefix'> & WaitOptions): Promise<Readonly<Record<string, number>>> {
    const { countFailures } = await late(import('../calls/counts.ts'))
    return countFailures(this.#client, options)
  }

  /**
   * Cancels the job with that id unless it has ended, and returns its state after that. Rejects with `JOB_NOT_FOUND` if
   * there is none. A wait for its result rejects with a `JobError` with the code `JOB_CANCELLED`.
   *
   * @example
   * const { status } = await jobs.cancel('order-17') // 'cancelled', or how it had ended before
   */
  async cancel(id: string, options?: WaitOptions): Promise<JobUpdate> {
    const { cancelJob } = await late(import('../calls/cancel.ts'))
    return cancelJob(this.#client, id, options)
  }

  /**
   * Runs a failed or cancelled job again, under its id.
   *
   * @example
   * const value = await (await jobs.retry('order-17')).result()
   */
  async retry<Output = unknown>(id: string, options?: WaitOptions): Promise<Job<Output>> {
    const { retryJob } = await late(import('../calls/retry.ts'))
    return retryJob(this.#client, id, options)
  }

  /**
   * Runs many failed jobs again: those with the given ids, all that failed with one code, or all.
   *
   * @example
   * const outcomes = await jobs.retryFailed({ code: 'ECONNRESET', prefix: 'import-7:' })
   */
  async retryFailed(options: RetryFailedOptions & WaitOptions): Promise<SubmitOutcome[]> {
    const { retryFailedJobs } = await late(import('../calls/retry.ts'))
    return retryFailedJobs(this.#client, options)
  }

  /**
   * Deletes a job that has ended. Its id is free again.
   *
   * @example
   * await jobs.delete('order-17')
   */
  async delete(id: string, options?: WaitOptions): Promise<void> {
    const { deleteJob } = await late(import('../calls/delete.ts'))
    return deleteJob(this.#client, id, options)
  }

  /**
   * Publishes the progress or the end of a job that no queue runs. Everyone who watches that id sees it.
   *
   * @example
   * await jobs.publish('print-17', { progress: { percent: 40 } })
   * await jobs.publish('print-17', { status: 'success', output: { pages: 12 } })
   */
  async publish(id: string, body: PublishBody, options?: WaitOptions): Promise<JobUpdate> {
    const { publishUpdate } = await late(import('../calls/publish.ts'))
    return publishUpdate(this.#client, id, body, options)
  }

  /**
   * The workers that run jobs in this deployment now, of whichever namespace. Awaited, it returns one page. In a
   * `for await` loop, it gives all of them, page by page. A worker that has had no work for 15 minutes is left out.
   *
   * @example
   * for await (const { queue, tasks, lastSeenAt } of jobs.workers()) console.log(queue, tasks, new Date(lastSeenAt))
   * const { workers } = await jobs.workers({ queue: 'default', limit: 20 })
   */
  workers(options?: WorkerListOptions): Pages<WorkersAnswer, WorkerInfo> {
    const part = () => late(import('../calls/workers.ts'))
    return pages(
      async () => (await part()).listWorkersPage(this.#client, options),
      async () => (await part()).listAllWorkers(this.#client, options),
    )
  }

  /**
   * Calls the listener each time the connection is there, is gone, or is being made again. Returns a function that stops
   * that. The client needs no help in either case: use it for a light in the corner of a page.
   *
   * @example
   * const off = jobs.on('offline', () => showLight('red'))
   */
  on(event: ConnectionEvent, listener: () => void): () => void {
    return this.#client.on(event, listener)
  }

  /**
   * Closes the connection. Everything that still waits rejects with `CLIENT_CLOSED`. The jobs go on.
   *
   * @example
   * await jobs.close()
   */
  close(): Promise<void> {
    return this.#client.close()
  }
}
