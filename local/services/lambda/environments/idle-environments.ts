import type { Clock } from '../../../clock.ts'
import type { ExecutionEnvironment } from './environment.ts'

export interface IdleTimes {
  /** The time for which the last idle environment is kept. */
  readonly idleMs: number
  /** The time for which the others are kept, which only a crowd of callers needs. */
  readonly spareIdleMs: number
}

interface IdleEnvironment {
  readonly environment: ExecutionEnvironment
  readonly sinceMs: number
}

/** The environments of one function that wait for an invocation. They end when their time is over. */
export class IdleEnvironments {
  readonly #clock: Clock
  readonly #times: IdleTimes
  /** A stack, most recently used last, so that unneeded environments grow old at its start. */
  readonly #idle: IdleEnvironment[] = []
  #cancelSweep: (() => void) | undefined

  constructor(clock: Clock, times: IdleTimes) {
    this.#clock = clock
    this.#times = times
  }

  /** Takes the one that was used last. */
  take(): ExecutionEnvironment | undefined {
    return this.#idle.pop()?.environment
  }

  keep(environment: ExecutionEnvironment): void {
    this.#idle.push({ environment, sinceMs: this.#clock.now() })
    // The second one ends sooner than the first one alone would have.
    if (this.#idle.length === 2) this.#cancelSweep?.()
    if (this.#cancelSweep === undefined || this.#idle.length === 2) this.#planSweep()
  }

  forget(environment: ExecutionEnvironment): void {
    const index = this.#idle.findIndex((idle) => idle.environment === environment)
    if (index >= 0) this.#idle.splice(index, 1)
  }

  endAll(): void {
    for (const { environment } of this.#idle.splice(0)) void environment.terminate()
  }

  /** Forgets all, and plans nothing more. */
  close(): void {
    this.#cancelSweep?.()
    this.#idle.length = 0
  }

  /** Ends environments when their time is over, the one that was not used for longest first. */
  #planSweep(): void {
    const dueMs = this.#oldestEndsAt()
    if (dueMs === undefined) {
      this.#cancelSweep = undefined
      return
    }
    this.#cancelSweep = this.#clock.after(dueMs - this.#clock.now(), () => {
      while ((this.#oldestEndsAt() ?? Infinity) <= this.#clock.now()) void this.#idle.shift()!.environment.terminate()
      this.#planSweep()
    })
  }

  #oldestEndsAt(): number | undefined {
    const [oldest, next] = this.#idle
    const { idleMs, spareIdleMs } = this.#times
    return oldest && oldest.sinceMs + (next === undefined ? idleMs : Math.min(idleMs, spareIdleMs))
  }
}
