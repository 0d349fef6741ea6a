import type { Clock } from '../../../protocol/kit/clock.ts'

/** Turns of the microtask queue. So many that a result reaches the test through all promises on its way. */
const MICROTASKS = 300
/** Hashes to wait for. A call that has just begun makes a few: ids of keys and of webhooks are hashes. */
const HASHES = 3

/** Time that stands still until `advance`. */
export class TestClock implements Clock {
  readonly #waiting = new Set<{ readonly dueMs: number; readonly callback: () => void }>()
  #nowMs: number

  constructor(nowMs: number) {
    this.#nowMs = nowMs
  }

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), callback }
    this.#waiting.add(timer)
    // A timer that is due now needs no `advance`.
    if (delayMs <= 0) queueMicrotask(() => this.#fire(timer))
    return () => void this.#waiting.delete(timer)
  }

  /** Moves the time forward. Timers that become due on the way run in order, each at its own time. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await settlePromises(HASHES)
    for (let dueMs = this.#nextMs(); dueMs <= endMs; dueMs = this.#nextMs()) {
      this.#nowMs = Math.max(this.#nowMs, dueMs)
      for (const timer of [...this.#waiting]) if (timer.dueMs === dueMs) this.#fire(timer)
      await settlePromises(1)
    }
    this.#nowMs = endMs
  }

  #nextMs(): number {
    let nextMs = Infinity
    for (const { dueMs } of this.#waiting) nextMs = Math.min(nextMs, dueMs)
    return nextMs
  }

  #fire(timer: { readonly callback: () => void }): void {
    if (this.#waiting.delete(timer as never)) timer.callback()
  }
}

async function settlePromises(hashes: number): Promise<void> {
  for (let round = 0; round < hashes; round++) {
    for (let turn = 0; turn < MICROTASKS; turn++) await Promise.resolve()
    // Ends after the hashes that are under way, and needs no timer, which a test may have faked.
    await crypto.subtle?.digest('SHA-256', new Uint8Array())
  }
  for (let turn = 0; turn < MICROTASKS; turn++) await Promise.resolve()
}
