/** The time that everything in the local cloud sees. It is injected, so that tests move it instead of sleeping. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Calls back once, `delayMs` from now. Returns the cancel function. */
  after(delayMs: number, callback: () => void): () => void
  /**
   * The milliseconds by which the clock is ahead of the machine's, as one Float64 that threads share. The threads of
   * functions read their time from it, so that they and the cloud agree about what has expired.
   */
  readonly offset?: SharedArrayBuffer
}

export const realClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    // setTimeout fires at once for delays past 2^31 - 1 ms. Nothing here waits 24 days.
    const timer = setTimeout(callback, Math.min(delayMs, 2_147_483_647))
    return () => clearTimeout(timer)
  },
}

interface Alarm {
  readonly dueMs: number
  readonly order: number
  readonly callback: () => void
}

/**
 * A clock that stands still until it is moved.
 *
 * @example
 * const clock = new ManualClock()
 * clock.after(600_000, closeIdleConnection)
 * await clock.advance(600_000) // closes it
 */
export class ManualClock implements Clock {
  #nowMs: number
  #order = 0
  readonly #alarms = new Set<Alarm>()

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): () => void {
    const alarm: Alarm = { dueMs: this.#nowMs + delayMs, order: this.#order++, callback }
    this.#alarms.add(alarm)
    return () => this.#alarms.delete(alarm)
  }

  /** Moves time forward and rings the alarms on the way, in order. Lets promises settle after each. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    for (;;) {
      await settlePromises()
      const next = this.#nextDue(endMs)
      if (next === undefined) break
      this.#alarms.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      next.callback()
    }
    this.#nowMs = endMs
    await settlePromises()
  }

  #nextDue(endMs: number): Alarm | undefined {
    let next: Alarm | undefined
    for (const alarm of this.#alarms) {
      if (alarm.dueMs > endMs) continue
      if (next === undefined || alarm.dueMs < next.dueMs || (alarm.dueMs === next.dueMs && alarm.order < next.order)) {
        next = alarm
      }
    }
    return next
  }
}

function settlePromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
