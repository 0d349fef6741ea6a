import { JOB_ERRORS } from '../../../protocol/kit/errors.ts'
import type { JobFailure, JobProgress, Json } from '../../../protocol/job/job.ts'
import { MAX_ERROR_MESSAGE_LENGTH } from '../../../protocol/kit/limits.ts'
import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import type { Task, TaskContext } from '../../../protocol/job/task.ts'
import { replaceHalfCharacters } from '../../../protocol/kit/whole-characters.ts'
import { checkOutput } from './check-output.ts'
import type { Log } from '../kit/log.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import { readProgress } from './read-progress.ts'
import { shortenText } from '../../../protocol/kit/shorten-text.ts'

export type TaskOutcome =
  | { readonly ok: true; readonly output: Json }
  /** `thrown` is for the log only. */
  | { readonly ok: false; readonly error: JobFailure; readonly thrown?: unknown }

/** Codes that a task may give its errors: `CARD_DECLINED`, `ECONNREFUSED`, `quota.exceeded`. */
const ERROR_CODE = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/

/** Counts the tasks that have not returned yet, also those that run on after their timeout. */
export interface TasksUnderWay {
  count: number
}

export interface RunOptions {
  readonly clock: Clock
  readonly log: Log
  readonly timeoutMs: number
  /** The timeout in the words of the error. */
  readonly limitText: string
  readonly attempt: number
  /** Aborts if nobody wants the outcome any more. The task gets the same reason. */
  readonly stop: AbortSignal
  readonly onProgress: (progress: JobProgress) => void
  readonly underWay: TasksUnderWay
}

/**
 * Runs a task once under its timeout. Never rejects. If a task ignores its abort signal, the run ends without it, and
 * what the task returns later is dropped. `stopped` is the outcome of a run that nobody wants any more.
 */
export function runTask(task: Task, message: QueueMessage, options: RunOptions): Promise<TaskOutcome | 'stopped'> {
  const { clock, timeoutMs, limitText, stop, underWay } = options
  const reason = `The task ran for longer than ${limitText}.`
  const timedOut: TaskOutcome = { ok: false, error: { code: 'TASK_TIMEOUT', message: reason, retryable: true } }
  const startedAt = clock.now()
  return new Promise((resolve) => {
    const controller = new AbortController()
    const cancelTimeout = clock.after(timeoutMs, () => {
      // The outcome comes first: a task that rejects because of the abort must not replace it.
      end(timedOut)
      controller.abort(new Error(reason))
    })
    const onStop = (): void => {
      end('stopped')
      controller.abort(stop.reason)
    }
    const end = (outcome: TaskOutcome | 'stopped'): void => {
      cancelTimeout()
      stop.removeEventListener('abort', onStop)
      resolve(outcome)
    }
    stop.addEventListener('abort', onStop)
    if (stop.aborted) return onStop()
    underWay.count++
    void callTask(task, message.input, taskContext(message, controller.signal, options)).then((outcome) => {
      underWay.count--
      // A task that computes without a pause blocks the timer, so that it may return before its timeout is heard.
      end(clock.now() - startedAt > timeoutMs ? timedOut : outcome)
    })
  })
}

function taskContext(
  message: QueueMessage,
  signal: AbortSignal,
  { attempt, log, onProgress }: RunOptions,
): TaskContext {
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

async function callTask(task: Task, input: Json, context: TaskContext): Promise<TaskOutcome> {
  try {
    const outcome = await checkOutput(task, await task.run(input, context))
    // A schema's message may be of any length, and quote half a character.
    return outcome.ok ? outcome : { ok: false, error: { ...outcome.error, message: shorten(outcome.error.message) } }
  } catch (error) {
    return { ok: false, error: failureOfThrown(error), thrown: error }
  }
}

function failureOfThrown(thrown: unknown): JobFailure {
  try {
    const { code, message, retryable } = Object(thrown) as { code?: unknown; message?: unknown; retryable?: unknown }
    return {
      code: typeof code === 'string' && ERROR_CODE.test(code) ? code : 'TASK_FAILED',
      message: shorten(messageOfThrown(thrown, message)),
      retryable: typeof retryable === 'boolean' ? retryable : true,
    }
  } catch {
    // A getter of the thrown object threw an error itself.
    return { code: 'TASK_FAILED', message: JOB_ERRORS.TASK_FAILED, retryable: true }
  }
}

function messageOfThrown(thrown: unknown, message: unknown): string {
  if (typeof message === 'string' && message !== '') return message
  if (typeof thrown === 'string' && thrown !== '') return thrown
  return JOB_ERRORS.TASK_FAILED
}

function shorten(message: string): string {
  const short =
    message.length <= MAX_ERROR_MESSAGE_LENGTH ? message : shortenText(message, MAX_ERROR_MESSAGE_LENGTH - 1)
  // Half a character is not UTF-8: the table would refuse it, and the job could never end.
  return replaceHalfCharacters(short)
}
