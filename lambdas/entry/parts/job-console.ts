import { AsyncLocalStorage } from 'node:async_hooks'
import { format } from 'node:util'
import { errorFields } from '../../domain/kit/log.ts'
import type { TaskMap } from '../../../protocol/job/task.ts'

interface RunningJob {
  readonly jobId: string
  readonly namespace: string
  readonly task: string
  readonly attempt: number
}

const METHODS = ['trace', 'debug', 'info', 'log', 'warn', 'error'] as const

const running = new AsyncLocalStorage<RunningJob>()

/**
 * Returns the tasks such that every line that one prints through the console carries the id of its job, as the lines of
 * `context.log` do. Many jobs run in one invocation, so Lambda's own request id does not tell them apart.
 */
export function labelLines(tasks: TaskMap): TaskMap {
  labelConsole()
  const labelled = Object.entries(tasks).map(([name, task]) => {
    const run: typeof task.run = (input, context) => {
      const { jobId, namespace, attempt } = context
      return running.run({ jobId, namespace, task: name, attempt }, () => task.run(input, context))
    }
    return [name, { ...task, run }] as const
  })
  return Object.fromEntries(labelled)
}

/** Lambda writes a console call with one object as JSON, and leaves the object as it is. */
function labelConsole(): void {
  for (const method of METHODS) {
    const write = console[method].bind(console)
    console[method] = (...values: unknown[]) => {
      const job = running.getStore()
      if (job === undefined) write(...values)
      else write(labelledLine(job, values))
    }
  }
}

/** The fields of an object stay fields. Other values become a text, as the console writes them. */
export function labelledLine(job: RunningJob, values: readonly unknown[]): Readonly<Record<string, unknown>> {
  const [only] = values
  if (values.length === 1 && isPlainObject(only)) return { ...job, ...only, jobId: job.jobId }
  const error = values.find((value) => value instanceof Error)
  const text = values.length === 1 && error !== undefined ? error.message : format(...values)
  return { text, ...job, ...(error === undefined ? {} : errorFields(error)) }
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
