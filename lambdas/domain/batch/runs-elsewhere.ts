import type { TaskMap } from '../../../protocol/job/task.ts'
import { MAX_TIMEOUT_MS } from '../../../protocol/kit/limits.ts'
import type { JobInBatch } from './look-up-batch.ts'
import { runPolicy } from '../job/retry-policy.ts'

/** The time that it takes to store the outcome of a run, and that clocks may differ by. */
const MARGIN_MS = 5_000

/**
 * Returns the time (epoch ms) until which another worker may be running a job; undefined if no other worker has it. If
 * a job is running and its message comes for the first time, the job has two messages: it was submitted again while it
 * waited. The other worker keeps the first message until the job has ended, so the second can wait, and then finds
 * nothing left to do. A message that has come before is no sign of another worker: its own worker may have crashed.
 */
export function runsElsewhereUntil(tasks: TaskMap, { message, items, stored }: JobInBatch): number | undefined {
  const { status, startedAt } = stored.state
  const task = Object.hasOwn(tasks, message.task) ? tasks[message.task] : undefined
  if (task === undefined || status !== 'running' || startedAt === undefined) return undefined
  if (items.some(({ receives }) => receives > 1)) return undefined
  return startedAt + Math.min(runPolicy(task, message).timeoutMs, MAX_TIMEOUT_MS) + MARGIN_MS
}
