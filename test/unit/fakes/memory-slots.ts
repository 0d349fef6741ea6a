import type { Clock } from '../../../protocol/kit/clock.ts'
import type { RunLimit, RunSlots } from '../../../lambdas/domain/slots/run-slots.ts'

/** The slots of every run limit in memory. `calls` are the calls so far, such as `take resize/imports 3` or `release resize 1`. */
export class MemorySlots implements RunSlots {
  readonly calls: string[] = []
  /** Runs before slots are taken: throw to make it fail. */
  before: () => void | Promise<void> = () => undefined
  readonly #clock: Clock
  readonly #holdersByLimit = new Map<string, Map<string, number>>()
  #made = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async take(runLimit: RunLimit, count: number, until: number): Promise<string[]> {
    this.calls.push(`take ${limitName(runLimit)} ${count}`)
    await this.before()
    const free = runLimit.limit - this.held(limitName(runLimit)).length
    const slots = Array.from({ length: Math.max(0, Math.min(count, free)) }, () => `slot-${this.#made++}`)
    for (const slot of slots) this.#holders(limitName(runLimit)).set(slot, until)
    return slots
  }

  release(runLimit: RunLimit, slots: readonly string[]): Promise<void> {
    this.calls.push(`release ${limitName(runLimit)} ${slots.length}`)
    for (const slot of slots) this.#holders(limitName(runLimit)).delete(slot)
    return Promise.resolve()
  }

  /** Returns the times at which the taken slots of a run limit are free again. */
  held(name: string): number[] {
    return [...this.#holders(name).values()].filter((until) => until > this.#clock.now())
  }

  #holders(name: string): Map<string, number> {
    const holders = this.#holdersByLimit.get(name) ?? new Map<string, number>()
    this.#holdersByLimit.set(name, holders)
    return holders
  }
}

function limitName({ task, group }: RunLimit): string {
  return group === undefined ? task : `${task}/${group}`
}
