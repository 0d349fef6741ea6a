import type { JobUpdate } from '../../../protocol/job/job.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'

/** What jobs have given, as far as this client has been told: the least recently used goes first. */
export class ResultCache {
  readonly #entries = new Map<string, readonly [update: JobUpdate, untilMs: number]>()
  readonly #clock: Clock
  readonly #maxEntries: number
  readonly #ttlMs: number

  constructor(clock: Clock, maxEntries: number, ttlMs: number) {
    this.#clock = clock
    this.#maxEntries = maxEntries
    this.#ttlMs = ttlMs
  }

  get(id: string): JobUpdate | undefined {
    const entry = this.#entries.get(id)
    this.#entries.delete(id)
    if (!entry || entry[1] <= this.#clock.now()) return undefined
    this.#entries.set(id, entry)
    return entry[0]
  }

  /**
   * Takes what a job is, an update or the whole record, which has an end of its own. Only a success is kept: what has
   * failed or was cancelled may run again, by somebody else's hand.
   */
  put(update: JobUpdate & { readonly expiresAt?: number }): void {
    this.#entries.delete(update.id)
    if (update.status !== 'success') return
    const untilMs = Math.min(this.#clock.now() + this.#ttlMs, update.expiresAt ?? Infinity)
    this.#entries.set(update.id, [update, untilMs])
    for (const id of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries) break
      this.#entries.delete(id)
    }
  }

  drop(id: string): void {
    this.#entries.delete(id)
  }
}
