import type { Clock } from '../../clock.ts'
import type { ReceivedMessage } from './message.ts'

export interface ReceiveOptions {
  readonly maxMessages: number
  /** The time to wait for the first message. */
  readonly waitMs: number
  /** Absent: the queue's own. */
  readonly visibilityTimeoutMs?: number
  /** The receiver lives in this process: after a kill its messages are visible again at once. */
  readonly heldHere?: boolean
  /** Ends the wait, with no message. */
  readonly signal?: AbortSignal
}

interface Waiter {
  readonly options: ReceiveOptions
  readonly finish: (messages: readonly ReceivedMessage[]) => void
  readonly fail: (error: unknown) => void
}

interface Source {
  take(options: ReceiveOptions): readonly ReceivedMessage[]
  /** The time at which the next hidden message becomes visible, if nothing happens before. */
  nextVisibleAt(): number | undefined
}

/**
 * The receivers that wait for a message, served in order. Nothing polls: `serve` is called when a message is made
 * visible, and an alarm rings when one becomes visible by itself.
 */
export class ReceiveWaiters {
  readonly #clock: Clock
  readonly #source: Source
  readonly #waiters = new Set<Waiter>()
  #alarm: { readonly at: number; readonly cancel: () => void } | undefined

  constructor(clock: Clock, source: Source) {
    this.#clock = clock
    this.#source = source
  }

  wait(options: ReceiveOptions): Promise<readonly ReceivedMessage[]> {
    return new Promise((resolve, reject) => {
      const giveUp = () => waiter.finish([])
      const cancelDeadline = this.#clock.after(options.waitMs, giveUp)
      const leave = () => {
        this.#waiters.delete(waiter)
        cancelDeadline()
        options.signal?.removeEventListener('abort', giveUp)
        if (this.#waiters.size === 0) this.#cancelAlarm()
      }
      const waiter: Waiter = {
        options,
        finish: (messages) => {
          leave()
          resolve(messages)
        },
        fail: (error) => {
          leave()
          reject(error)
        },
      }
      this.#waiters.add(waiter)
      options.signal?.addEventListener('abort', giveUp)
      if (options.signal?.aborted === true) giveUp()
      else this.#setAlarm()
    })
  }

  /** Called when a message may have become visible. Never throws: an error goes to the receiver, not to the caller. */
  serve(): void {
    for (const waiter of this.#waiters) {
      try {
        const messages = this.#source.take(waiter.options)
        if (messages.length === 0) break
        waiter.finish(messages)
      } catch (error) {
        waiter.fail(error)
      }
    }
    this.#setAlarm()
  }

  close(): void {
    for (const waiter of this.#waiters) waiter.finish([])
  }

  #setAlarm(): void {
    const at = this.#waiters.size === 0 ? undefined : this.#source.nextVisibleAt()
    if (at === this.#alarm?.at) return
    this.#cancelAlarm()
    if (at === undefined) return
    const cancel = this.#clock.after(Math.max(0, at - this.#clock.now()), () => {
      this.#alarm = undefined
      this.serve()
    })
    this.#alarm = { at, cancel }
  }

  #cancelAlarm(): void {
    this.#alarm?.cancel()
    this.#alarm = undefined
  }
}
