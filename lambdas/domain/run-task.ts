import type { JobFailure, Json } from '../../protocol/job.ts'
import { JOB_ERRORS } from '../../protocol/errors.ts'
import { MAX_ERROR_MESSAGE_LENGTH, MAX_PAYLOAD_BYTES } from '../../protocol/limits.ts'
import type { QueueMessage } from '../../protocol/queue-message.ts'
import type { Task } from '../../protocol/task.ts'
import { exceedsUtf8 } from '../../protocol/utf8.ts'
import type { Clock } from './ports.ts'

export type TaskOutcome =
  | { readonly ok: true; readonly output: Json }
  /** `thrown` is for the log. */
  | { readonly ok: false; readonly error: JobFailure; readonly thrown?: unknown }

/** Codes that a task may give its errors: `CARD_DECLINED`, `ECONNREFUSED`, `quota.exceeded`. */
const ERROR_CODE = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/

export interface RunOptions {
  readonly clock: Clock
  readonly timeoutMs: number
  readonly attempt: number
}

/**
 * Runs a task once under its timeout. Never rejects. A task that does not heed its abort signal is left behind:
 * whatever it gives later is dropped.
 */
export function runTask(
  task: Task,
  message: QueueMessage,
  { clock, timeoutMs, attempt }: RunOptions,
): Promise<TaskOutcome> {
  return new Promise((resolve) => {
    const controller = new AbortController()
    const cancelTimeout = clock.after(timeoutMs, () => {
      const reason = `The task ran for longer than its timeout of ${timeoutMs} ms.`
      // First the outcome, so that a task which rejects with the abort's reason does not name its own.
      resolve({ ok: false, error: { code: 'TASK_TIMEOUT', message: reason, retryable: true } })
      controller.abort(new Error(reason))
    })
    const context = { jobId: message.id, namespace: message.namespace, attempt, signal: controller.signal }
    void call(task, message.input, context).then((outcome) => {
      cancelTimeout()
      resolve(outcome)
    })
  })
}

async function call(task: Task, input: Json, context: Parameters<Task['run']>[1]): Promise<TaskOutcome> {
  try {
    return readOutput(await task.run(input, context))
  } catch (error) {
    return { ok: false, error: readFailure(error), thrown: error }
  }
}

function readOutput(value: unknown): TaskOutcome {
  if (value === undefined) return { ok: true, output: null }
  let json: string | undefined
  try {
    json = JSON.stringify(value)
  } catch (error) {
    return refuseOutput('OUTPUT_NOT_JSON', error instanceof Error ? firstLine(error.message) : String(error))
  }
  if (json === undefined) return refuseOutput('OUTPUT_NOT_JSON', `The task returned a ${typeof value}.`)
  if (exceedsUtf8(json, MAX_PAYLOAD_BYTES)) {
    return refuseOutput('OUTPUT_TOO_LARGE', `Return at most ${MAX_PAYLOAD_BYTES / 1024} KB, or the address of it.`)
  }
  // What JSON made of it, so that what is pushed is what is stored, even if the task's own object changes later.
  return { ok: true, output: JSON.parse(json) as Json }
}

function refuseOutput(code: 'OUTPUT_NOT_JSON' | 'OUTPUT_TOO_LARGE', detail: string): TaskOutcome {
  return { ok: false, error: { code, message: `${JOB_ERRORS[code]} ${detail}`, retryable: false } }
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
  if (message.length <= MAX_ERROR_MESSAGE_LENGTH) return message
  return `${message.slice(0, MAX_ERROR_MESSAGE_LENGTH - 1)}…`
}

/** `Converting circular structure…` goes on to draw the structure. */
function firstLine(text: string): string {
  return text.split('\n', 1)[0]!
}
