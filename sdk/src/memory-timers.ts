import type { Timers } from './timers.ts'

/** Enough for what has become due to reach whoever waits for it, through every promise on the way. */
const TURNS = 500

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
    await settle()
    for (;;) {
      const [next] = [...this.#waiting].filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)
      if (next === undefined) break
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      this.#fire(next)
      await settle()
    }
    this.#nowMs = endMs
  }

  #fire(timer: { readonly callback: () => void }): void {
    if (this.#waiting.delete(timer as never)) timer.callback()
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await Promise.resolve()
}
