import type { JobUpdate } from '../../../protocol/job/job.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'

/** The results of jobs that this client has received. When it is full, the least recently used goes first. */
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
   * Takes an update or a whole record, which has its own expiry. Only a success is kept: somebody else may run a failed
   * or cancelled job again.
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
