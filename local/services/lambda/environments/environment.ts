import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../../clock.ts'
import type { EnvironmentLog } from './environment-log.ts'
import type { ExitReason } from '../runtime/error-payloads.ts'
import type { InvokeMessage, RuntimeMessage, RuntimeStart } from '../runtime/runtime-messages.ts'

export interface EnvironmentOptions {
  /** The bundled `runtime.ts`. */
  readonly runtimePath: string
  readonly start: Omit<RuntimeStart, 'gate' | 'clockOffset'>
  /** The function's whole `process.env`. */
  readonly variables: Readonly<Record<string, string>>
  readonly memorySizeMb: number
  readonly timeoutMs: number
  readonly clock: Clock
  readonly log: EnvironmentLog
  /** Called once, when the thread is gone, for whatever reason. */
  readonly onGone: (environment: ExecutionEnvironment) => void
}

export type InitOutcome =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly payload: string }
  | { readonly kind: 'timedOut' }
  | { readonly kind: 'exited'; readonly reason: ExitReason }
  | { readonly kind: 'ended' }

export type InvocationOutcome =
  | { readonly kind: 'answered'; readonly payload: string; readonly failed: boolean; readonly durationMs: number }
  | { readonly kind: 'timedOut' }
  | { readonly kind: 'exited'; readonly reason: ExitReason; readonly durationMs: number }
  /** Ended by us, to close the cloud. */
  | { readonly kind: 'ended' }

/** AWS gives initialisation ten seconds, then tries once more within the function's own timeout. */
const INIT_TIMEOUT_MS = 10_000

/**
 * Three semispaces of 2 MB. V8's own choice, 48 MB, costs every busy thread some 25 MB more, because V8 fills it before
 * it collects. It is no faster either, because it does not fit the processor's cache.
 */
const YOUNG_GENERATION_MB = 6

// V8 has these flags for the whole process only. With the first, `runtime.ts` collects the garbage of an idle function.
// The second keeps the heaps of busy functions smaller: 60 MB less under load, for 3 % more time on the processor.
setFlagsFromString('--expose-gc')
setFlagsFromString('--optimize-for-size')

/** One execution environment of a function: a worker thread that runs one invocation at a time. */
export class ExecutionEnvironment {
  /** The outcome of initialisation. Never rejects. */
  readonly initialized: Promise<InitOutcome>
  /** Set once initialisation is over. The code that bills it sets it to zero. */
  unbilledInitMs = 0
  readonly #options: EnvironmentOptions
  readonly #worker: Worker
  readonly #gate = new Int32Array(new SharedArrayBuffer(4))
  readonly #createdAt = performance.now()
  #resolveInit: ((outcome: InitOutcome) => void) | undefined
  #resolveInvocation: ((outcome: InvocationOutcome) => void) | undefined
  #cancelAlarm: () => void = () => undefined
  #invokedAt = 0
  #unsettled = false
  #outOfMemory = false

  constructor(options: EnvironmentOptions) {
    this.#options = options
    this.initialized = new Promise((resolve) => {
      this.#resolveInit = resolve
    })
    this.#worker = this.#startThread()
    const limitMs = Math.max(INIT_TIMEOUT_MS, options.timeoutMs)
    this.#cancelAlarm = options.clock.after(limitMs, () => this.#endInit({ kind: 'timedOut' }))
  }

  get log(): EnvironmentLog {
    return this.#options.log
  }

  get accessKeyId(): string | undefined {
    return this.#options.variables['AWS_ACCESS_KEY_ID']
  }

  /** Kills the thread. It reports nothing but its end. */
  crash(): void {
    void this.#worker.terminate()
  }

  /** Runs one invocation. Call it only when the environment is ready and idle. Never rejects. */
  invoke(requestId: string, payload: string): Promise<InvocationOutcome> {
    const { clock, timeoutMs } = this.#options
    return new Promise((resolve) => {
      this.#resolveInvocation = resolve
      this.#invokedAt = performance.now()
      this.#cancelAlarm = clock.after(timeoutMs, () => this.#endInvocation({ kind: 'timedOut' }))
      this.#worker.postMessage({ requestId, timeoutMs, payload } satisfies InvokeMessage)
      Atomics.store(this.#gate, 0, 1)
      Atomics.notify(this.#gate, 0)
    })
  }

  /** Ends the thread, whatever it is doing. */
  async terminate(): Promise<void> {
    this.#endInit({ kind: 'ended' })
    this.#endInvocation({ kind: 'ended' })
    await this.#worker.terminate()
  }

  #startThread(): Worker {
    const { runtimePath, start, variables, memorySizeMb, log } = this.#options
    const worker = new Worker(runtimePath, {
      workerData: {
        ...start,
        gate: this.#gate.buffer,
        ...(this.#options.clock.offset !== undefined && { clockOffset: this.#options.clock.offset }),
      } satisfies RuntimeStart,
      env: variables,
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: {
        // The share of a function's memory that AWS gives the heap of Node.js.
        maxOldGenerationSizeMb: Math.floor(memorySizeMb * 0.9),
        maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
      },
    })
    worker.stdout.on('data', (chunk: Buffer) => log.line('info', chunk.toString().trimEnd()))
    worker.stderr.on('data', (chunk: Buffer) => log.line('error', chunk.toString().trimEnd()))
    worker.on('message', (message: RuntimeMessage) => this.#receive(message))
    worker.on('error', (error: unknown) => this.#crashed(error))
    worker.on('exit', (status) => this.#exited(status))
    return worker
  }

  #receive(message: RuntimeMessage): void {
    if (message.type === 'answer') {
      const { payload, failed, durationMs } = message
      this.#endInvocation({ kind: 'answered', payload, failed, durationMs })
    } else if (message.type === 'log') {
      this.log.line(message.level, message.line)
    } else if (message.type === 'ready') {
      this.#endInit({ kind: 'ready' })
    } else if (message.type === 'initFailed') {
      this.#endInit({ kind: 'failed', payload: message.payload })
    } else {
      this.#unsettled = true
    }
  }

  /** Handles an error that nothing in the thread caught. `exit` follows. */
  #crashed(error: unknown): void {
    const isError = error instanceof Error || Object.prototype.toString.call(error) === '[object Error]'
    const { code, stack } = (isError ? error : {}) as { code?: string; stack?: string }
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') this.#outOfMemory = true
    this.log.line('error', `Uncaught ${stack ?? String(error)}`)
  }

  #exited(status: number): void {
    const reason = this.#exitReason(status)
    this.#endInit({ kind: 'exited', reason })
    this.#endInvocation({ kind: 'exited', reason, durationMs: performance.now() - this.#invokedAt })
    this.#options.onGone(this)
  }

  #exitReason(status: number): ExitReason {
    if (this.#outOfMemory) return { kind: 'killed' }
    // 13: an `await` at a module's top level that never settles.
    if (this.#unsettled || status === 13) return { kind: 'unsettled' }
    return { kind: 'status', status }
  }

  #endInit(outcome: InitOutcome): void {
    const resolve = this.#resolveInit
    if (resolve === undefined) return
    this.#resolveInit = undefined
    this.#cancelAlarm()
    this.unbilledInitMs = performance.now() - this.#createdAt
    if (outcome.kind !== 'ready') void this.#worker.terminate()
    resolve(outcome)
  }

  #endInvocation(outcome: InvocationOutcome): void {
    const resolve = this.#resolveInvocation
    if (resolve === undefined) return
    this.#resolveInvocation = undefined
    this.#cancelAlarm()
    if (outcome.kind !== 'answered') void this.#worker.terminate()
    resolve(outcome)
  }
}
