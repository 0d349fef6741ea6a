import { Worker } from 'node:worker_threads'
import type { Json } from '../../../protocol/job/job.ts'
import { ERRORS } from '../../../protocol/kit/errors.ts'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { refuse } from '../../../protocol/kit/parsed.ts'
import type { Log, LogLevel } from '../../domain/kit/log.ts'
import { errorFields } from '../../domain/kit/log.ts'
import type { CheckInput } from '../../domain/submit/validate-input.ts'

/** A schema that takes longer is given up, with its thread: an endless loop in it cannot be stopped otherwise. */
const MAX_CHECK_MS = 10_000

export interface InputQuestion {
  readonly ref: number
  readonly task: string
  readonly input: Json
  readonly path: string
}

/** The messages of the thread: the outcome of a check, or a line for the log. */
export type FromInputThread =
  | { readonly ref: number; readonly outcome: Parsed<Json> }
  | { readonly level: LogLevel; readonly text: string; readonly fields: Readonly<Record<string, unknown>> }

export interface ThreadedInputCheckParts {
  /** The bundle of `input-thread.ts`. */
  readonly threadFile: string
  readonly log: Log
  readonly maxCheckMs?: number
}

/**
 * Checks inputs in a thread, where alone the tasks' code is loaded: a module that throws, exits, loops or forgets a
 * promise ends that thread, and fails only the checks that wait for it. The thread starts with the first check.
 */
export function createThreadedInputCheck(parts: ThreadedInputCheckParts): CheckInput {
  let thread: InputThread | undefined
  return (task, input, path) => {
    if (thread === undefined || thread.hasEnded()) thread = new InputThread(parts)
    return thread.check(task, input, path)
  }
}

class InputThread {
  readonly #worker: Worker
  readonly #log: Log
  readonly #maxCheckMs: number
  readonly #waiting = new Map<number, (outcome: Parsed<Json>) => void>()
  #lastRef = 0
  #ended = false

  constructor({ threadFile, log, maxCheckMs = MAX_CHECK_MS }: ThreadedInputCheckParts) {
    this.#log = log
    this.#maxCheckMs = maxCheckMs
    this.#worker = new Worker(threadFile, { execArgv: [] })
    // Nobody waits for an idle thread.
    this.#worker.unref()
    this.#worker.on('message', (message: FromInputThread) => {
      if ('ref' in message) this.#waiting.get(message.ref)?.(message.outcome)
      else log(message.level, message.text, message.fields)
    })
    this.#worker.on('error', (error) => this.#end('The code of the tasks failed where inputs are checked.', error))
    this.#worker.on('exit', () => this.#end('The code of the tasks has ended the thread that checks inputs.'))
  }

  hasEnded(): boolean {
    return this.#ended
  }

  check(task: string, input: Json, path: string): Promise<Parsed<Json>> {
    const ref = ++this.#lastRef
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => this.#end(`A check of an input of "${task}" took more than ${this.#maxCheckMs} ms.`),
        this.#maxCheckMs,
      )
      this.#waiting.set(ref, (outcome) => {
        clearTimeout(timer)
        this.#waiting.delete(ref)
        if (this.#waiting.size === 0) this.#worker.unref()
        resolve(outcome.ok ? outcome : { ok: false, error: { path, ...outcome.error } })
      })
      this.#worker.ref()
      this.#worker.postMessage({ ref, task, input, path } satisfies InputQuestion)
    })
  }

  #end(text: string, error?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#log('error', text, error === undefined ? {} : errorFields(error))
    for (const settle of [...this.#waiting.values()]) settle(refuse('SCHEMA_FAILED', ERRORS.SCHEMA_FAILED.sentence))
    void this.#worker.terminate()
  }
}
