/** Time, as everything in the SDK sees it: injected, so that tests move it instead of sleeping. */
export interface Timers {
  /** Epoch milliseconds. */
  now(): number
  /** Calls back once, `delayMs` from now; the answer cancels it. */
  after(delayMs: number, callback: () => void): () => void
  /** Is shown each signal that ends a wait; absent where nothing needs to know. */
  shares?(signal: AbortSignal): void
}

export const realTimers: Timers = {
  now: () => Date.now(),
  after(delayMs, callback) {
    // setTimeout fires at once for delays past 2^31 - 1 ms.
    const timer = setTimeout(callback, Math.min(delayMs, 2_147_483_647))
    return () => clearTimeout(timer)
  },
}
