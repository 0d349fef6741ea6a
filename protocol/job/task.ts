import type { Json, JobProgress } from './job.ts'
import type { Backoff, ConcurrencyLimit, Duration } from '../kit/policy.ts'
import { checkConcurrency } from '../kit/policy.ts'
import type { Priority } from './priority.ts'
import type { StandardSchema } from './standard-schema.ts'

/**
 * The job that a task runs, and the means to report on it.
 *
 * @example
 * const run = (input: string, { signal, progress }: TaskContext) => resize(input, { signal, onPercent: (percent) => progress({ percent }) })
 */
export interface TaskContext {
  readonly jobId: string
  readonly namespace: string
  /** 1 for the first run of the job. */
  readonly attempt: number
  /** Aborts when the job's timeout has passed or the job was cancelled. Pass it to every call that can be stopped. */
  readonly signal: AbortSignal
  /** Reports progress to the watchers of the job. Call it as often as you like: a few reports a second are kept. */
  readonly progress: (progress: JobProgress) => void
  /** Writes a line with the id of the job to the log. */
  readonly log: (message: string, data?: Readonly<Record<string, Json>>) => void
}

/**
 * A function to run, and its policy. `defineTask` makes it. Clients give an `Input` and get an `Output`. If there are
 * schemas, `run` gets a `Ran`, the input after its schema (with defaults, for example), and returns a `Returned`, the
 * output before its schema.
 *
 * @example
 * const sweep: Task<void, number> = { run: () => 3, timeout: '1m' }
 */
export interface Task<Input = any, Output = any, Ran = Input, Returned = Output> {
  readonly run: (input: Ran, context: TaskContext) => Returned | Promise<Returned>
  /** The longest time that one run may take. 30 seconds by default, and never more than the timeout of the lane. */
  readonly timeout?: Duration
  /** The priority of jobs that do not ask for one. `normal` by default. */
  readonly priority?: Priority
  /** The name of the lane that runs it, as in the deployment's setting `lanes`. `default` by default. */
  readonly queue?: string
  /** The largest number of runs if errors are retryable. 1 by default: a task must say that it may run twice. */
  readonly attempts?: number
  readonly backoff?: Backoff
  /** Limits the runs that are under way at once. By default only the number of workers limits them. */
  readonly concurrency?: ConcurrencyLimit
  /** Checks inputs at the submit. A schema of any library that supports Standard Schema. */
  readonly input?: StandardSchema<Ran, Input>
  /** Checks outputs after the run. */
  readonly output?: StandardSchema<Output, Returned>
}

/**
 * Tasks by their names.
 *
 * @example
 * const tasks: TaskMap = { sweep: { run: () => 3 } }
 */
export type TaskMap = Readonly<Record<string, Task>>

/**
 * Defines a task that the deployment can run. The types of its input and output are what clients see. Throws a
 * `RangeError` if its `concurrency` is not valid.
 *
 * @example
 * export const tasks = {
 *   greet: defineTask({ run: (input: { name: string }) => `Hello, ${input.name}!`, timeout: '10s' }),
 * }
 */
export function defineTask<
  Ran,
  Returned,
  Input = Ran,
  Output = Returned,
  Run extends (...args: never[]) => unknown = (input: Ran, context: TaskContext) => Returned | Promise<Returned>,
>(
  task: Task<Input, Output, Ran, Returned> & { readonly run: Run },
): Task<InputOf<Run, Input>, Output, InputOf<Run, Ran>, Returned> {
  if (task.concurrency !== undefined) checkConcurrency(task.concurrency)
  return task as Task<any, Output, any, Returned>
}

/** A `run` without parameters takes no input, so that options in the place of the input do not compile. */
type InputOf<Run, Input> = unknown extends Input ? (Run extends () => unknown ? void | null : Input) : Input
