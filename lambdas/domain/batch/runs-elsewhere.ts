import type { TaskMap } from '../../../protocol/job/task.ts'
import { MAX_TIMEOUT_MS } from '../../../protocol/kit/limits.ts'
import type { JobInBatch } from './look-up-batch.ts'
import { runPolicy } from '../job/retry-policy.ts'

/** Until what came of a run is stored, and clocks differ. */
const MARGIN_MS = 5_000

/**
 * Until when (epoch ms) another worker may be running a job. A message that comes for the first time, of a job that is
 * running, is a second one: it was submitted again while it waited. The first message is that worker's until the job
 * has ended, so that this one can wait, and find by then that nothing is left to do. Undefined for all others: a message
 * that has come before may be that of a worker which has crashed.
 */
export function runsElsewhereUntil(tasks: TaskMap, { message, items, stored }: JobInBatch): number | undefined {
  const { status, startedAt } = stored.state
  const task = Object.hasOwn(tasks, message.task) ? tasks[message.task] : undefined
  if (task === undefined || status !== 'running' || startedAt === undefined) return undefined
  if (items.some(({ receives }) => receives > 1)) return undefined
  return startedAt + Math.min(runPolicy(task, message).timeoutMs, MAX_TIMEOUT_MS) + MARGIN_MS
}
