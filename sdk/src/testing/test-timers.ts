import type { Timers } from '../time/timers.ts'

/** Enough for what has become due to reach whoever waits for it, through every promise on the way. */
const TURNS = 300
/** Enough for a call that has just been made: the id of an idempotency key and a webhook's are hashes. */
const HASHES = 3

/** Time that stands still until it is moved. */
export class MemoryTimers implements Timers {
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
    // What is to be soon needs no time of its own.
    if (delayMs <= 0) queueMicrotask(() => this.#fire(timer))
    return () => void this.#waiting.delete(timer)
  }

  /** Moves the time forward; what becomes due on the way happens at its own time, in order. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await settle(HASHES)
    for (let dueMs = this.#nextMs(); dueMs <= endMs; dueMs = this.#nextMs()) {
      this.#nowMs = Math.max(this.#nowMs, dueMs)
      for (const timer of [...this.#waiting]) if (timer.dueMs === dueMs) this.#fire(timer)
      await settle(1)
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

async function settle(hashes: number): Promise<void> {
  for (let round = 0; round < hashes; round++) {
    for (let turn = 0; turn < TURNS; turn++) await Promise.resolve()
    // Takes its turn behind the hashes that are under way, and knows nothing of timers, which a test may have faked.
    await crypto.subtle?.digest('SHA-256', new Uint8Array())
  }
  for (let turn = 0; turn < TURNS; turn++) await Promise.resolve()
}
