import type { QueueMessage } from '../../../protocol/job/queue-message.ts'

/** Limits the runs of a task in a namespace, or those of one `group` of its jobs. */
export interface RunLimit extends Pick<QueueMessage, 'namespace' | 'task' | 'group'> {
  /** The number of runs that may be under way at once. */
  readonly limit: number
}

/** Slots for runs of limited tasks. A run holds one slot of each of its limits, from its start until it is stored. */
export interface RunSlots {
  /**
   * Takes up to `count` slots of a run limit and returns their names: fewer, or none, if no more are free. A slot that
   * is not released is free again at `until` (epoch ms), when the run that took it must be over.
   */
  take(runLimit: RunLimit, count: number, until: number): Promise<readonly string[]>
  /** Gives slots back. Never rejects: a slot that could not be given back is free again at its `until`. */
  release(runLimit: RunLimit, slots: readonly string[]): Promise<void>
}
