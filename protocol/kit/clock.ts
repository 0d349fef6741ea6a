/** Time, injected so that tests move it. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Calls back once, `delayMs` from now; the answer cancels it. */
  after(delayMs: number, callback: () => void): () => void
}
