import type { Json, JobProgress } from './job.ts'
import type { Backoff, ConcurrencyLimit, Duration } from '../kit/policy.ts'
import { checkConcurrency } from '../kit/policy.ts'
import type { Priority } from './priority.ts'
import type { StandardSchema } from './standard-schema.ts'

/**
 * What a task is told of the job it runs.
 *
 * @example
 * const run = (input: string, { signal, progress }: TaskContext) => resize(input, { signal, onPercent: (percent) => progress({ percent }) })
 */
export interface TaskContext {
  readonly jobId: string
  readonly namespace: string
  /** 1 for the first run of the job. */
  readonly attempt: number
  /** Aborts when the job's timeout has passed or the job was cancelled. Hand it to whatever can be stopped. */
  readonly signal: AbortSignal
  /** Tells whoever watches how far the job is. May be called as often as one likes: a few a second are kept. */
  readonly progress: (progress: JobProgress) => void
  /** Writes a line to the log, tied to the job's id. */
  readonly log: (message: string, data?: Readonly<Record<string, Json>>) => void
}

/**
 * A task: what to run, and under which policy. Made by `defineTask`. `Input` is what clients give and `Output` what
 * they get; `Ran` is what the input's schema makes of that, as by defaults, and `Returned` what the output's schema takes.
 *
 * @example
 * const sweep: Task<void, number> = { run: () => 3, timeout: '1m' }
 */
export interface Task<Input = any, Output = any, Ran = Input, Returned = Output> {
  readonly run: (input: Ran, context: TaskContext) => Returned | Promise<Returned>
  /** How long one run may take. 30 seconds by default; the queue's function limits it from above. */
  readonly timeout?: Duration
  /** The priority of jobs that do not ask for one. `normal` by default. */
  readonly priority?: Priority
  /** Which lane of compute runs it, by its name in the deployment's setting `lanes`. `default` by default. */
  readonly queue?: string
  /** How many runs at most, where an error is retryable. 1 by default: a task must say that it may run twice. */
  readonly attempts?: number
  readonly backoff?: Backoff
  /** How many runs may be under way at once. As many as there are workers by default. */
  readonly concurrency?: ConcurrencyLimit
  /** Checks inputs at the submit, and outputs after the run: a schema of any library that speaks Standard Schema. */
  readonly input?: StandardSchema<Ran, Input>
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
 * `RangeError` where its `concurrency` is none.
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

/** A `run` without parameters takes no input: whoever gives its job's options in that place is told. */
type InputOf<Run, Input> = unknown extends Input ? (Run extends () => unknown ? void | null : Input) : Input
