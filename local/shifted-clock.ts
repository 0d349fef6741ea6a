import type { Clock } from './clock.ts'

interface Alarm {
  readonly dueMs: number
  readonly callback: () => void
  timer?: NodeJS.Timeout
}

/** setTimeout fires at once for longer delays. */
const LONGEST_TIMER_MS = 2_147_483_647

/**
 * A clock that runs by itself and can be put forward. Visibility timeouts, delays and expiry then pass in no time, for
 * the cloud and for the functions that run in it.
 *
 * @example
 * const clock = new ShiftedClock()
 * const cloud = await startCloud({ ...options, clock })
 * await clock.advance(7 * 24 * 3_600_000) // every result has expired
 */
export class ShiftedClock implements Clock {
  readonly offset = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT)
  readonly #offset = new Float64Array(this.offset)
  readonly #alarms = new Set<Alarm>()

  now(): number {
    return Date.now() + this.#offset[0]!
  }

  after(delayMs: number, callback: () => void): () => void {
    const alarm: Alarm = { dueMs: this.now() + delayMs, callback }
    this.#alarms.add(alarm)
    this.#wind(alarm)
    return () => this.#drop(alarm)
  }

  /**
   * Puts the clock forward at once, as when a machine wakes from sleep. Alarms that fell due meanwhile ring in order,
   * and see the new time.
   */
  async advance(ms: number): Promise<void> {
    // Whole milliseconds, as functions see them.
    this.#offset[0] = this.#offset[0]! + Math.ceil(ms)
    const now = this.now()
    const due = [...this.#alarms].filter(({ dueMs }) => dueMs <= now).sort((a, b) => a.dueMs - b.dueMs)
    for (const alarm of due) {
      this.#ring(alarm)
      await new Promise((resolve) => setImmediate(resolve))
    }
    for (const alarm of this.#alarms) this.#wind(alarm)
  }

  #wind(alarm: Alarm): void {
    clearTimeout(alarm.timer)
    const delayMs = Math.min(Math.max(0, alarm.dueMs - this.now()), LONGEST_TIMER_MS)
    alarm.timer = setTimeout(() => this.#ring(alarm), delayMs)
  }

  #ring(alarm: Alarm): void {
    if (this.#alarms.has(alarm)) {
      this.#drop(alarm)
      alarm.callback()
    }
  }

  #drop(alarm: Alarm): void {
    clearTimeout(alarm.timer)
    this.#alarms.delete(alarm)
  }
}
