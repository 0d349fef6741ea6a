import type { QueueMessage } from '../../../protocol/job/queue-message.ts'

/** Runs that are limited together: those of a task in a namespace, or those of one `group` of its jobs. */
export interface SlotPool extends Pick<QueueMessage, 'namespace' | 'task' | 'group'> {
  /** How many may be under way at once. */
  readonly limit: number
}

/** Slots for runs of limited tasks. A run holds one of each of its pools from before it begins until it is stored. */
export interface RunSlots {
  /**
   * Takes up to `count` slots of a pool and returns their names: fewer, or none, where no more are free. What is not
   * released is free again at `until` (epoch ms), when whoever took it must be over.
   */
  take(pool: SlotPool, count: number, until: number): Promise<readonly string[]>
  /** Gives slots back. Never rejects: one that could not be given back is free again at its `until`. */
  release(pool: SlotPool, slots: readonly string[]): Promise<void>
}
