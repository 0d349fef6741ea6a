import type { Priority } from './priority.ts'

/** Milliseconds, or a number with a unit: `'250ms'`, `'30s'`, `'2m'`, `'1h'`, `'7d'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

/** What a task is told of the job it runs. */
export interface TaskContext {
  readonly jobId: string
  readonly namespace: string
  /** 1 for the first run of the job. */
  readonly attempt: number
  /** Aborts when the job's timeout has passed. Hand it to whatever can be stopped. */
  readonly signal: AbortSignal
}

/** A task: what to run, and under which policy. Made by `defineTask`. */
export interface Task<Input = any, Output = any> {
  readonly run: (input: Input, context: TaskContext) => Output | Promise<Output>
  /** How long one run may take. 30 seconds by default; the queue's function limits it from above. */
  readonly timeout?: Duration
  /** The priority of jobs that do not ask for one. `normal` by default. */
  readonly priority?: Priority
}

export type TaskMap = Readonly<Record<string, Task>>

/**
 * Defines a task that the deployment can run. The types of its input and output are what clients see.
 *
 * @example
 * export const tasks = {
 *   greet: defineTask({ run: (input: { name: string }) => `Hello, ${input.name}!`, timeout: '10s' }),
 * }
 */
export function defineTask<Input, Output>(task: Task<Input, Output>): Task<Input, Output> {
  return task
}

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Reads a duration as milliseconds; throws a `RangeError` that names the value where it is none. */
export function durationMs(duration: Duration): number {
  const match = typeof duration === 'number' ? null : /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration)
  const ms = typeof duration === 'number' ? duration : Number(match?.[1]) * UNIT_MS[match?.[2] as keyof typeof UNIT_MS]
  if (!Number.isFinite(ms) || ms < 0) {
    throw new RangeError(`"${duration}" is no duration: give milliseconds or a string like "250ms", "30s", "2m", "1h".`)
  }
  return ms
}
