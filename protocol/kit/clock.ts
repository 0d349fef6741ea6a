/** The time, injected so that tests can move it. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Calls back once, `delayMs` from now. Returns the cancel function. */
  after(delayMs: number, callback: () => void): () => void
}
