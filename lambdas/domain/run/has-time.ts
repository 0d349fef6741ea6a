import type { TaskMap } from '../../../protocol/job/task.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { JobToRun } from '../batch/triage.ts'
import { runPolicy } from '../job/retry-policy.ts'

export interface BatchTime {
  /** Epoch ms at which every run must have ended. */
  readonly deadline: number
  /** The time that a job has which begins first. */
  readonly wholeTimeMs: number
}

/** Returns true if a job that begins late has as much time as in an invocation of its own, or this share of it. */
export function hasTime(
  { tasks, clock }: { readonly tasks: TaskMap; readonly clock: Clock },
  { deadline, wholeTimeMs }: BatchTime,
  { message }: JobToRun,
  share = 1,
): boolean {
  const task = Object.hasOwn(tasks, message.task) ? tasks[message.task] : undefined
  if (task === undefined) return true
  return deadline - clock.now() >= share * Math.min(runPolicy(task, message).timeoutMs, wholeTimeMs)
}
