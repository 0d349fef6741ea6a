import type { MessageOrder } from './fifo/fifo-line.ts'
import type { QueuedMessage, StoredMessage } from './message.ts'
import { TimeHeap } from './time-heap.ts'

/**
 * The messages of one queue and their places: visible, delayed or in flight. Times are given, and places change only
 * when somebody calls.
 */
export class MessagePlaces {
  readonly #messages = new Map<string, QueuedMessage>()
  readonly #line: MessageOrder
  /** Delayed and in flight, by the time they become visible. */
  readonly #hidden = new TimeHeap<QueuedMessage>()
  /** All messages, by the time they were sent: retention may change. */
  readonly #byAge = new TimeHeap<QueuedMessage>()

  constructor(line: MessageOrder) {
    this.#line = line
  }

  get inFlight(): number {
    return this.#line.inFlight
  }

  /** The time at which the next hidden message becomes visible. */
  get nextVisibleAt(): number | undefined {
    return this.#hidden.peek()?.time
  }

  get(id: string): QueuedMessage | undefined {
    return this.#messages.get(id)
  }

  /** Returns every message as it would be after a kill: visible, if a receiver in this process holds it. */
  *snapshot(): Iterable<StoredMessage> {
    for (const { stored, heldHere } of this.#messages.values()) {
      yield heldHere === true ? { ...stored, visibleAt: 0 } : stored
    }
  }

  counts(): { readonly visible: number; readonly delayed: number; readonly inFlight: number } {
    const { inFlight } = this.#line
    return { visible: this.#messages.size - this.#hidden.size, delayed: this.#hidden.size - inFlight, inFlight }
  }

  /** Takes the next visible message in turn. It has no place until it is shown, hidden or removed. */
  takeVisible(now: number): QueuedMessage | undefined {
    const message = this.#line.shift(now)
    if (message !== undefined) message.place = 'none'
    return message
  }

  /** Shows messages again that were taken. */
  putBack(messages: readonly QueuedMessage[]): void {
    for (const message of messages) this.show(message)
  }

  add(stored: StoredMessage, now: number): QueuedMessage {
    const message: QueuedMessage = { stored, place: 'none', lastReceivedAt: now }
    message.age = this.#byAge.add(message, stored.sentAt)
    this.#messages.set(stored.id, message)
    if (stored.visibleAt <= now) this.show(message)
    else this.hide(message, stored.visibleAt, stored.receivesHere > 0 ? 'inFlight' : 'delayed')
    return message
  }

  show(message: QueuedMessage): void {
    this.#detach(message)
    message.place = 'visible'
    this.#line.push(message)
  }

  hide(message: QueuedMessage, visibleAt: number, place: 'delayed' | 'inFlight'): void {
    this.#detach(message)
    message.place = place
    message.stored.visibleAt = visibleAt
    message.wake = this.#hidden.add(message, visibleAt)
    if (place === 'inFlight') this.#line.enterFlight(message)
  }

  remove(message: QueuedMessage): void {
    this.#detach(message)
    if (message.age !== undefined) this.#byAge.remove(message.age)
    this.#messages.delete(message.stored.id)
  }

  clear(): void {
    this.#messages.clear()
    this.#line.clear()
    this.#hidden.clear()
    this.#byAge.clear()
  }

  /** Brings the state up to date: drops expired messages, shows due ones. */
  bringUpToDate(now: number, retentionMs: number): void {
    for (let oldest = this.#byAge.peek(); oldest !== undefined; oldest = this.#byAge.peek()) {
      if (oldest.time + retentionMs > now) break
      this.remove(oldest.item)
    }
    for (let due = this.#hidden.peek(); due !== undefined && due.time <= now; due = this.#hidden.peek()) {
      this.show(due.item)
    }
  }

  #detach(message: QueuedMessage): void {
    if (message.place === 'visible') this.#line.remove(message)
    if (message.place === 'inFlight') this.#line.leaveFlight(message)
    if (message.wake !== undefined) this.#hidden.remove(message.wake)
    message.wake = undefined
    message.place = 'none'
  }
}
