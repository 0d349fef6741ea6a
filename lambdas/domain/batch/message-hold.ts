import type { BatchItem } from './job-in-batch.ts'

/** The messages of one batch, hidden from everybody else while this process lives. */
export interface HeldMessages {
  /** Lets go of some of them: whoever puts a message back says itself when it comes again. */
  drop(items: readonly BatchItem[]): void
  /** Lets go of all of them, at the end of the batch. */
  release(): void
}

/**
 * Tells the queue that this process still works on its messages. A process that dies stops telling it, so that its
 * messages come again within seconds. Without it they would stay hidden for as long as the longest batch may take.
 */
export interface MessageHold {
  /**
   * Hides the messages for some seconds from now on, again and again until `release`. Resolves once the queue was told
   * for the first time. Never rejects: a message that could not be held comes after the queue's own timeout.
   *
   * @example
   * const held = await hold.keep(items)
   * try { await runJobs() } finally { held.release() }
   */
  keep(items: readonly BatchItem[]): Promise<HeldMessages>
}
