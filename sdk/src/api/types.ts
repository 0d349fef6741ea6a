import type { JobMetadata, JobStatus, JobUpdate, JobWebhook } from '../../../protocol/job/job.ts'
import type { Priority } from '../../../protocol/job/priority.ts'
import type { Task } from '../../../protocol/job/task.ts'
import type { Backoff, Duration } from '../../../protocol/kit/policy.ts'
import type { JobwireError } from './errors.ts'

/**
 * Any module of tasks: an object whose every property is a task, or a namespace import of one.
 *
 * @example
 * const open = <T extends TasksOf<T>>(token: string): Promise<Jobwire<T>> => connect<T>({ url, token })
 */
export type TasksOf<T> = { readonly [Name in keyof T]: Task }

/**
 * What a task's client sends.
 *
 * @example
 * type ResizeInput = TaskInput<(typeof tasks)['resize']>
 */
export type TaskInput<T> =
  T extends Task<infer Input, any, infer Ran, any> ? (unknown extends Input ? Ran : Input) : never

/**
 * What a task's client receives: its output as it comes out of JSON, so a `Date` has become a string.
 *
 * @example
 * type Thumbnail = TaskOutput<(typeof tasks)['resize']>
 */
export type TaskOutput<T> =
  T extends Task<any, infer Output, any, infer Returned> ? Received<unknown extends Output ? Returned : Output> : never

/**
 * A value after its journey through JSON.
 *
 * @example
 * const order: Received<{ at: Date }> = { at: '2026-11-21T08:00:00.000Z' }
 */
export type Received<T> = 0 extends 1 & T
  ? T
  : T extends null | boolean | number | string | undefined | void
    ? T
    : T extends { toJSON(): infer Written }
      ? Received<Written>
      : T extends object
        ? { [Key in keyof T]: Received<T[Key]> }
        : T

/** The arguments after a task's name: the input may be left out where the task can do without. */
export type TaskArguments<Input, Options> = unknown extends Input
  ? [input?: Input, options?: Options]
  : undefined extends Input
    ? [input?: Input, options?: Options]
    : [Input] extends [void]
      ? [input?: Input, options?: Options]
      : [input: Input, options?: Options]

/**
 * What `connect` needs to know.
 *
 * @example
 * const jobs = await connect({ url, token: async () => (await fetch('/token')).text() })
 */
export interface ConnectOptions {
  /** The deployment's REST address: the output `RestUrl` of the stack. */
  readonly url: string
  /** The token, or a function that gives one; it is called before every request and every connection. */
  readonly token: string | (() => string | Promise<string>)
  /**
   * How many results of jobs that have succeeded are remembered, and for how long: 10,000 and an hour by default, the least
   * recently used goes first. With `false`, nothing is.
   */
  readonly cache?: false | { readonly entries?: number; readonly ttl?: Duration } | undefined
  /**
   * What every job of this client is submitted with, and how long its calls wait, unless they say it themselves;
   * `undefined` there says nothing. The `timeout` is for whatever gives one answer: it ends no loop and no map.
   */
  readonly defaults?: ClientDefaults | undefined
  /** How long to try to connect, as milliseconds or like `'10s'`. Three attempts of 30 seconds each without it. */
  readonly timeout?: Duration | undefined
  /** Gives up connecting when it aborts. A client that is connected is ended by `close()`. */
  readonly signal?: AbortSignal | undefined
  /** With `auto`, the default, REST requests stand in where WebSockets are blocked; with `socket`, nothing does. */
  readonly transport?: 'auto' | 'socket' | undefined
}

/**
 * What can be said about a job that is submitted.
 *
 * @example
 * const options: SubmitOptions = { priority: 'high', attempts: 3, delay: '5m', tags: ['import'] }
 */
export interface SubmitOptions {
  /**
   * The job's id: letters, digits and `. _ : -`, at most 128. Made up if absent. Submitting an id that is
   * already known runs nothing: the handle is that of the first job.
   */
  readonly id?: string | undefined
  /**
   * A name of your own for this piece of work, any text of at most 256 characters, in place of an id. The same key
   * with another task or input rejects with `IDEMPOTENCY_CONFLICT`.
   */
  readonly idempotencyKey?: string | undefined
  /** If the job of that id or key has failed or was cancelled, run it again. */
  readonly rerun?: boolean | undefined
  /** The task's own by default. */
  readonly priority?: Priority | undefined
  /** How many runs at most. The task's own by default. */
  readonly attempts?: number | undefined
  /** How long to wait between two runs. The task's own by default. */
  readonly backoff?: Backoff | undefined
  /** How long one run may take. The task's own by default. (`timeout` is how long to wait for the result.) */
  readonly runTimeout?: Duration | undefined
  /** How long to put off the first run. */
  readonly delay?: Duration | undefined
  /** A job that has not started this long after its submit and delay fails as `EXPIRED`. */
  readonly startWithin?: Duration | undefined
  /** How long the record is kept from the submit. The deployment's own time by default. */
  readonly ttl?: Duration | undefined
  /** Your own facts about the job, which lists can be filtered by. */
  readonly metadata?: JobMetadata | undefined
  /** Which lists can be filtered by. */
  readonly tags?: readonly string[] | undefined
  /** Whose work this is: jobs of one group take turns with those of others. */
  readonly group?: string | undefined
  /** Who is told by an HTTP request when the job has ended; `verifyWebhook` of `@jobwire/sdk/webhook` checks it there. */
  readonly webhook?: JobWebhook | undefined
}

/**
 * How long to wait for an answer or an end. Every call takes it.
 *
 * @example
 * await job.result({ timeout: '2m', signal: AbortSignal.any([page.signal, dialog.signal]) })
 */
export interface WaitOptions {
  /** After which to stop waiting, as milliseconds or like `'2m'`; the job goes on. Without it: no limit. */
  readonly timeout?: Duration | undefined
  /** Stops waiting when it aborts; the job goes on. */
  readonly signal?: AbortSignal | undefined
}

/**
 * What a client says once for all of its jobs and waits.
 *
 * @example
 * const defaults: ClientDefaults = { priority: 'low', attempts: 5, runTimeout: '30s', timeout: '2m' }
 */
export interface ClientDefaults
  extends Omit<SubmitOptions, 'id' | 'idempotencyKey' | 'rerun' | 'delay'>, Pick<WaitOptions, 'timeout'> {}

/**
 * What can be said about a job, and how long to wait for it.
 *
 * @example
 * await jobs.run('resize', { key: 'a.png' }, { priority: 'high', timeout: '2m' })
 */
export interface RunOptions extends SubmitOptions, WaitOptions {}

/**
 * One submitted job.
 *
 * @example
 * const job: Job<Thumbnail> = await jobs.submit('resize', { key: 'a.png' })
 */
export interface Job<Output = unknown> {
  readonly id: string
  /** The latest status that this client has been told. */
  readonly status: JobStatus
  /**
   * The job's output, once it has ended. Rejects with a `JobError` if it failed or was cancelled.
   *
   * @example
   * const thumbnail = await job.result({ timeout: '2m' })
   */
  result(options?: WaitOptions): Promise<Output>
  /**
   * Every change from when the loop begins, the present state first; ends after the terminal one, whichever it is.
   *
   * @example
   * for await (const update of job.updates()) console.log(update.version, update.status)
   */
  updates(options?: WaitOptions): AsyncIterableIterator<JobUpdate>
}

/**
 * What `jobs.on` tells of: the connection is there, is gone, or is sought again.
 *
 * @example
 * const show = (event: ConnectionEvent) => jobs.on(event, () => console.log(event))
 */
export type ConnectionEvent = 'online' | 'offline' | 'reconnecting'

/**
 * An answer of many items: awaited, it is all or one page of them; read by `for await`, item after item. Nothing is
 * asked before either.
 *
 * @example
 * const failed: Pages<ListAnswer, ListedJob> = jobs.list({ status: 'failed' })
 */
export interface Pages<Whole, Item> extends Pick<Promise<Whole>, 'then' | 'catch' | 'finally'>, AsyncIterable<Item> {}

/**
 * One job of a `submitMany`.
 *
 * @example
 * const spec: JobSpec = { task: 'resize', input: { key: 'a.png' }, id: 'a', priority: 'high' }
 */
export interface JobSpec<Name extends string = string, Input = any> extends RunOptions {
  readonly task: Name
  readonly input?: Input
}

/**
 * A `JobSpec` of tasks: with the input of its task, which may be left out where the task can do without.
 *
 * @example
 * const spec: JobSpecOf<typeof tasks> = { task: 'resize', input: { key: 'a.png' } }
 */
export type JobSpecOf<T extends TasksOf<T>, Name extends keyof T & string = keyof T & string> = Name extends unknown
  ? RunOptions & { readonly task: Name } & InputField<TaskInput<T[Name]>>
  : never

export type InputField<Input> =
  TaskArguments<Input, never> extends [input: any, options?: never]
    ? { readonly input: Input }
    : { readonly input?: Input }

/**
 * What became of one job of a `submitMany`: the job, or why there is none.
 *
 * @example
 * const refused = outcomes.flatMap(({ error }: SubmitManyOutcome) => error ?? [])
 */
export type SubmitManyOutcome<Output = unknown> =
  | { readonly job: Job<Output>; readonly error?: undefined }
  | { readonly job?: undefined; readonly error: JobwireError }

/**
 * How `map` and `stream` go about it. `timeout` and `signal` are for all of it: when they end it, what has not ended is
 * cancelled. What else is in it holds for each job.
 *
 * @example
 * const options: MapOptions = { concurrency: 50, errors: 'collect', onProgress: ({ succeeded }) => show(succeeded) }
 */
export interface MapOptions<Input = any> extends Omit<RunOptions, 'id' | 'idempotencyKey'> {
  /** How many jobs are in flight at once, or have ended and are not read yet. 1,000 by default. */
  readonly concurrency?: number | undefined
  /**
   * With `stop`, the default, the first failure ends the map, and what has not ended is cancelled. With `collect`, it
   * goes on: each item has a `value` or an `error`.
   */
  readonly errors?: 'stop' | 'collect' | undefined
  /** Called as each job ends. */
  readonly onProgress?: ((progress: MapProgress) => void) | undefined
  /**
   * Makes the id of each job, so that a map that is begun again runs nothing twice. Give `rerun` as well, and what has
   * failed, or was cancelled as the map before ended, runs again.
   */
  readonly id?: ((input: Input, index: number) => string) | undefined
}

/**
 * How far a map is.
 *
 * @example
 * const percent = ({ succeeded, failed, total = 1 }: MapProgress) => (100 * (succeeded + failed)) / total
 */
export interface MapProgress {
  readonly submitted: number
  readonly succeeded: number
  readonly failed: number
  /** How many inputs there are, where they are a list or have a size. */
  readonly total?: number
}

/**
 * How one job of a map has ended. `index` is the place of its input.
 *
 * @example
 * const print = ({ index, value, error }: Settled<string>) => console.log(index, error?.message ?? value)
 */
export type Settled<Output> =
  | { readonly index: number; readonly id: string; readonly value: Output; readonly error?: undefined }
  | { readonly index: number; readonly id: string; readonly value?: undefined; readonly error: JobwireError }
