import { PRIORITIES } from './priority.ts'
import type { TaskMap } from './task.ts'
import type { CatalogTask, TaskCatalog } from './task-catalog.ts'
import { MAX_ATTEMPTS, MAX_TASK_NAME_LENGTH } from '../kit/limits.ts'
import { checkConcurrency, type Duration, durationMs } from '../kit/policy.ts'

/** Returns a sentence for each thing that is wrong with tasks, whatever the deployment. */
export function findTaskProblems(tasks: unknown): string[] {
  if (typeof tasks !== 'object' || tasks === null) return ['It must export an object "tasks", of tasks by their names.']
  return Object.entries(tasks as TaskMap).flatMap(([name, task]: [string, unknown]) => [
    ...findNameProblems(name),
    ...findPolicyProblems(task).map((problem) => `The task "${name}": ${problem}`),
  ])
}

/** Returns a sentence if a task cannot run in the lanes of a deployment. `runTimes` is the run time of each lane. */
export function findLaneProblem(
  name: string,
  { queue, timeoutMs }: CatalogTask,
  runTimes: Readonly<Record<string, number>>,
): string | undefined {
  if (!Object.hasOwn(runTimes, queue)) {
    return (
      `The task "${name}" asks for the queue "${queue}", and the lanes are ${Object.keys(runTimes).join(', ')}. ` +
      `Add "${queue}" to the setting "lanes".`
    )
  }
  const runTime = runTimes[queue]!
  if (timeoutMs === undefined || timeoutMs <= runTime) return undefined
  return (
    `The task "${name}" has a timeout of ${seconds(timeoutMs)}, and the lane "${queue}" gives a run ` +
    `${seconds(runTime)} at most. Shorten it, or raise the setting "lanes.${queue}.timeout".`
  )
}

/** Returns a sentence for each task that cannot run in the lanes of a deployment. */
export function findLaneProblems(catalog: TaskCatalog, runTimes: Readonly<Record<string, number>>): string[] {
  return Object.entries(catalog).flatMap(([name, task]) => findLaneProblem(name, task, runTimes) ?? [])
}

function seconds(ms: number): string {
  return `${ms / 1_000} s`
}

function findNameProblems(name: string): string[] {
  if (name.length > 0 && name.length <= MAX_TASK_NAME_LENGTH && !/\p{Surrogate}/u.test(name)) return []
  return [`The name ${JSON.stringify(name)} must have 1 to ${MAX_TASK_NAME_LENGTH} characters of Unicode.`]
}

function findPolicyProblems(task: unknown): string[] {
  if (typeof task !== 'object' || task === null) return ['it must be an object. Make it with defineTask.']
  const { run, queue, priority, attempts, timeout, backoff, concurrency, input, output } = task as Record<string, any>
  const wrong: (string | false | undefined)[] = [
    typeof run !== 'function' && '"run" must be a function.',
    queue !== undefined && typeof queue !== 'string' && '"queue" must be the name of a lane.',
    priority !== undefined && !PRIORITIES.includes(priority) && `"priority" must be one of ${PRIORITIES.join(', ')}.`,
    attempts !== undefined && !isAttempts(attempts) && `"attempts" must be a whole number from 1 to ${MAX_ATTEMPTS}.`,
    ...Object.entries({ timeout, 'backoff.initial': backoff?.initial, 'backoff.cap': backoff?.cap }).map(
      ([field, value]) => value !== undefined && readProblem(field, () => durationMs(value as Duration)),
    ),
    timeout === 0 && '"timeout" must be longer than 0.',
    concurrency !== undefined && concurrencyProblem(concurrency),
    ...Object.entries({ input, output }).map(
      ([field, schema]) =>
        schema !== undefined &&
        typeof schema?.['~standard']?.validate !== 'function' &&
        `"${field}" must be a schema that speaks Standard Schema.`,
    ),
  ]
  return wrong.filter((problem) => typeof problem === 'string')
}

function isAttempts(attempts: unknown): boolean {
  return Number.isInteger(attempts) && Number(attempts) >= 1 && Number(attempts) <= MAX_ATTEMPTS
}

function concurrencyProblem(concurrency: unknown): string | undefined {
  if (typeof concurrency !== 'object' || concurrency === null) return '"concurrency" must be an object.'
  return errorMessage(() => checkConcurrency(concurrency))
}

function readProblem(field: string, read: () => unknown): string | undefined {
  const message = errorMessage(read)
  return message === undefined ? undefined : `"${field}": ${message}`
}

function errorMessage(check: () => unknown): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
