import { JOB_ERRORS } from '../../../protocol/kit/errors.ts'
import type { JobFailure, JobProgress, Json } from '../../../protocol/job/job.ts'
import { MAX_ERROR_MESSAGE_LENGTH } from '../../../protocol/kit/limits.ts'
import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import type { Task, TaskContext } from '../../../protocol/job/task.ts'
import { checkOutput } from './check-output.ts'
import type { Log } from '../kit/log.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import { readProgress } from './read-progress.ts'

export type TaskOutcome =
  | { readonly ok: true; readonly output: Json }
  /** `thrown` is for the log. */
  | { readonly ok: false; readonly error: JobFailure; readonly thrown?: unknown }

/** Codes that a task may give its errors: `CARD_DECLINED`, `ECONNREFUSED`, `quota.exceeded`. */
const ERROR_CODE = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/

/** How many tasks have not returned yet. Those that were left behind after their timeout are among them. */
export interface TasksUnderWay {
  count: number
}

export interface RunOptions {
  readonly clock: Clock
  readonly log: Log
  readonly timeoutMs: number
  /** What the timeout is, in the words of the error. */
  readonly limit: string
  readonly attempt: number
  /** Aborts where nobody wants the outcome any more; its reason is the task's, too. */
  readonly stop: AbortSignal
  readonly onProgress: (progress: JobProgress) => void
  readonly underWay: TasksUnderWay
}

/**
 * Runs a task once under its timeout. Never rejects. A task that does not heed its abort signal is left behind:
 * whatever it gives later is dropped. `stopped` is the outcome of a run that nobody wants any more.
 */
export function runTask(task: Task, message: QueueMessage, options: RunOptions): Promise<TaskOutcome | 'stopped'> {
  const { clock, timeoutMs, limit, stop, underWay } = options
  return new Promise((resolve) => {
    const controller = new AbortController()
    const cancelTimeout = clock.after(timeoutMs, () => {
      const reason = `The task ran for longer than ${limit}.`
      // First the outcome, so that a task which rejects with the abort's reason does not name its own.
      settle({ ok: false, error: { code: 'TASK_TIMEOUT', message: reason, retryable: true } })
      controller.abort(new Error(reason))
    })
    const onStop = (): void => {
      settle('stopped')
      controller.abort(stop.reason)
    }
    const settle = (outcome: TaskOutcome | 'stopped'): void => {
      cancelTimeout()
      stop.removeEventListener('abort', onStop)
      resolve(outcome)
    }
    stop.addEventListener('abort', onStop)
    if (stop.aborted) return onStop()
    underWay.count++
    void call(task, message.input, contextOf(message, controller.signal, options)).then((outcome) => {
      underWay.count--
      settle(outcome)
    })
  })
}

function contextOf(message: QueueMessage, signal: AbortSignal, { attempt, log, onProgress }: RunOptions): TaskContext {
  const { id, namespace, task } = message
  return {
    jobId: id,
    namespace,
    attempt,
    signal,
    progress: (progress) => onProgress(readProgress(progress)),
    log: (text, data) => {
      log('info', text, { jobId: id, namespace, task, attempt, ...(data === undefined ? {} : { data }) })
    },
  }
}

async function call(task: Task, input: Json, context: TaskContext): Promise<TaskOutcome> {
  try {
    return await checkOutput(task, await task.run(input, context))
  } catch (error) {
    return { ok: false, error: readFailure(error), thrown: error }
  }
}

function readFailure(thrown: unknown): JobFailure {
  try {
    const { code, message, retryable } = Object(thrown) as { code?: unknown; message?: unknown; retryable?: unknown }
    return {
      code: typeof code === 'string' && ERROR_CODE.test(code) ? code : 'TASK_FAILED',
      message: cap(sentence(thrown, message)),
      retryable: typeof retryable === 'boolean' ? retryable : true,
    }
  } catch {
    // A getter of the thrown thing threw in turn.
    return { code: 'TASK_FAILED', message: JOB_ERRORS.TASK_FAILED, retryable: true }
  }
}

function sentence(thrown: unknown, message: unknown): string {
  if (typeof message === 'string' && message !== '') return message
  if (typeof thrown === 'string' && thrown !== '') return thrown
  return JOB_ERRORS.TASK_FAILED
}

function cap(message: string): string {
  const short =
    message.length <= MAX_ERROR_MESSAGE_LENGTH ? message : `${message.slice(0, MAX_ERROR_MESSAGE_LENGTH - 1)}…`
  // Half a character, as a cut leaves it, is no UTF-8: the table would refuse it, and the job could never end.
  return short.replaceAll(/\p{Surrogate}/gu, '\uFFFD')
}
