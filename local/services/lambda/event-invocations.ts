import type { CloudContext } from '../../context.ts'
import { FunctionThrottledError } from '../function-invoker.ts'
import type { FunctionPool } from './function-pool.ts'

/** AWS repeats a failed asynchronous invocation twice, after one and after two minutes. */
const RETRY_DELAYS_MS = [60_000, 120_000]
const FIRST_THROTTLE_DELAY_MS = 1_000
const LONGEST_THROTTLE_DELAY_MS = 300_000
/** The time for which AWS keeps trying a throttled invocation. */
const MAX_AGE_MS = 6 * 60 * 60 * 1000

/** Invocations of the type `Event`: accepted at once, run later, and repeated if they fail. */
export class EventInvocations {
  readonly #context: CloudContext
  readonly #cancels = new Set<() => void>()
  #closed = false

  constructor(context: CloudContext) {
    this.#context = context
  }

  accept(pool: FunctionPool, payload: string, requestId: string): void {
    const expiresMs = this.#context.clock.now() + MAX_AGE_MS
    let failures = 0
    let throttleDelayMs = FIRST_THROTTLE_DELAY_MS
    const attempt = async (): Promise<void> => {
      try {
        const result = await pool.invoke(payload, requestId)
        if (result.functionError === undefined) return
        this.#retry(pool, requestId, RETRY_DELAYS_MS[failures++], attempt)
      } catch (error) {
        if (this.#closed) return
        if (!(error instanceof FunctionThrottledError)) {
          this.#drop(pool, requestId, `failed: ${String(error)}`)
          return
        }
        const expired = this.#context.clock.now() + throttleDelayMs > expiresMs
        this.#retry(pool, requestId, expired ? undefined : throttleDelayMs, attempt)
        throttleDelayMs = Math.min(throttleDelayMs * 2, LONGEST_THROTTLE_DELAY_MS)
      }
    }
    void attempt()
  }

  close(): void {
    this.#closed = true
    for (const cancel of this.#cancels) cancel()
  }

  #retry(pool: FunctionPool, requestId: string, delayMs: number | undefined, attempt: () => Promise<void>): void {
    if (this.#closed) return
    if (delayMs === undefined) {
      this.#drop(pool, requestId, 'failed for the last time')
      return
    }
    const cancel = this.#context.clock.after(delayMs, () => {
      this.#cancels.delete(cancel)
      void attempt()
    })
    this.#cancels.add(cancel)
  }

  #drop(pool: FunctionPool, requestId: string, why: string): void {
    const message = `The asynchronous invocation ${requestId} ${why}; its event is dropped.`
    this.#context.log({ source: pool.configuration.name, level: 'error', message })
  }
}
