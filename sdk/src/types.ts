import type { JobMetadata, JobRecord, JobStatus, JobUpdate } from '../../protocol/job.ts'
import type { Priority } from '../../protocol/priority.ts'
import type { Task, TaskMap } from '../../protocol/task.ts'
import type { Backoff, Duration } from '../../protocol/policy.ts'

/** Any module of tasks: an object whose every property is a task, or a namespace import of one. */
export type TasksOf<T> = { readonly [Name in keyof T]: Task }

/** What a task's client sends. */
export type TaskInput<T> = T extends Task<infer Input> ? Input : never

/** What a task's client receives: its output as it comes out of JSON, so a `Date` has become a string. */
export type TaskOutput<T> = T extends Task<any, infer Output> ? Received<Output> : never

/** A value after its journey through JSON. */
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

export interface ConnectOptions {
  /** The deployment's REST address: the output `RestUrl` of the stack. */
  readonly url: string
  /** The token, or a function that gives one; it is called before every request and every connection. */
  readonly token: string | (() => string | Promise<string>)
}

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
  /** Whose work this is: jobs of one group take turns with those of others. Refused by the platform for now. */
  readonly group?: string | undefined
}

export interface WaitOptions {
  /** After which to stop waiting, as milliseconds or like `'2m'`; the job goes on. Without it: no limit. */
  readonly timeout?: Duration | undefined
  /** Stops waiting when it aborts; the job goes on. */
  readonly signal?: AbortSignal | undefined
}

export interface RunOptions extends SubmitOptions, WaitOptions {}

/** One submitted job. */
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
  updates(options?: Pick<WaitOptions, 'signal'>): AsyncIterableIterator<JobUpdate>
}

/** A connected client. Made by `connect`. */
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
    ...rest: TaskArguments<TaskInput<T[Name]>, SubmitOptions>
  ): Promise<Job<TaskOutput<T[Name]>>>
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
   * The output of the job with that id, whoever submitted it or will.
   *
   * @example
   * const thumbnail = await jobs.result<string>('order-17', { timeout: '2m' })
   */
  result<Output = unknown>(id: string, options?: WaitOptions): Promise<Output>
  /**
   * The job with that id, whole. Rejects with `JOB_NOT_FOUND` if there is none.
   *
   * @example
   * const { status, input, attempts } = await jobs.get('order-17')
   */
  get(id: string): Promise<JobRecord>
  /**
   * Cancels the job with that id unless it has ended, and gives what it is then. Rejects with `JOB_NOT_FOUND` if
   * there is none. Whoever waits for the result gets a `JobError` with the code `JOB_CANCELLED`.
   *
   * @example
   * const { status } = await jobs.cancel('order-17') // 'cancelled', or how it had ended before
   */
  cancel(id: string): Promise<JobUpdate>
  /**
   * Ends the connection. Whatever is still waited for rejects with `CLIENT_CLOSED`; the jobs go on.
   *
   * @example
   * await jobs.close()
   */
  close(): Promise<void>
}
