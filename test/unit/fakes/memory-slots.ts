import type { Clock } from '../../../protocol/kit/clock.ts'
import type { LaterMessage, LongDelay } from '../../../lambdas/domain/queue/long-delay.ts'
import type { RunSlots, SlotPool } from '../../../lambdas/domain/slots/run-slots.ts'
import type { QueueMessage } from '../../../protocol/job/queue-message.ts'

/** The slots of every pool in memory. `calls` says what was called, as `take resize/imports 3` or `release resize 1`. */
export class MemorySlots implements RunSlots {
  readonly calls: string[] = []
  /** Runs before slots are taken: throw to make it fail. */
  before: () => void | Promise<void> = () => undefined
  readonly #clock: Clock
  readonly #pools = new Map<string, Map<string, number>>()
  #made = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async take(pool: SlotPool, count: number, until: number): Promise<string[]> {
    this.calls.push(`take ${nameOf(pool)} ${count}`)
    await this.before()
    const free = pool.limit - this.held(nameOf(pool)).length
    const slots = Array.from({ length: Math.max(0, Math.min(count, free)) }, () => `slot-${this.#made++}`)
    for (const slot of slots) this.#holders(nameOf(pool)).set(slot, until)
    return slots
  }

  release(pool: SlotPool, slots: readonly string[]): Promise<void> {
    this.calls.push(`release ${nameOf(pool)} ${slots.length}`)
    for (const slot of slots) this.#holders(nameOf(pool)).delete(slot)
    return Promise.resolve()
  }

  /** When each slot of a pool that is taken now is free again. */
  held(pool: string): number[] {
    return [...this.#holders(pool).values()].filter((until) => until > this.#clock.now())
  }

  #holders(pool: string): Map<string, number> {
    const holders = this.#pools.get(pool) ?? new Map<string, number>()
    this.#pools.set(pool, holders)
    return holders
  }
}

/** Keeps what is to be sent later. */
export class MemoryLongDelay implements LongDelay {
  readonly sent: LaterMessage[] = []
  /** Ids that cannot be sent. */
  readonly failing = new Set<string>()

  sendLater(messages: readonly LaterMessage[]): Promise<QueueMessage[]> {
    this.sent.push(...messages.filter(({ message }) => !this.failing.has(message.id)))
    return Promise.resolve(messages.map(({ message }) => message).filter(({ id }) => this.failing.has(id)))
  }
}

function nameOf({ task, group }: SlotPool): string {
  return group === undefined ? task : `${task}/${group}`
}
