import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import type { Duration } from '../../../protocol/kit/policy.ts'
import { durationMs } from '../../../protocol/kit/policy.ts'
import type { Task } from '../../../protocol/job/task.ts'

const DEFAULT_TIMEOUT = '30s'
const DEFAULT_ATTEMPTS = 1
const DEFAULT_BACKOFF = { initial: '1s', cap: '5m' } as const

/** The terms under which a job runs. A term of its submit counts before a term of its task. */
export interface RunPolicy {
  readonly timeoutMs: number
  readonly attempts: number
  readonly backoff: { readonly baseMs: number; readonly capMs: number }
}

export function runPolicy(task: Task, message: QueueMessage): RunPolicy {
  return {
    timeoutMs: message.timeoutMs ?? readDuration(task.timeout, DEFAULT_TIMEOUT),
    attempts: message.attempts ?? task.attempts ?? DEFAULT_ATTEMPTS,
    backoff: {
      baseMs: message.backoffInitialMs ?? readDuration(task.backoff?.initial, DEFAULT_BACKOFF.initial),
      capMs: message.backoffCapMs ?? readDuration(task.backoff?.cap, DEFAULT_BACKOFF.cap),
    },
  }
}

/** An invalid policy must not keep the task's jobs from running. Its deployment was refused anyway. */
function readDuration(duration: Duration | undefined, otherwise: Duration): number {
  try {
    return durationMs(duration ?? otherwise)
  } catch {
    return durationMs(otherwise)
  }
}
