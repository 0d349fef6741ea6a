import { randomUUID } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { SentOnce } from './fifo/sent-once.ts'
import type { NewMessage, StoredMessage } from './message.ts'
import type { QueueSettings } from './queue-settings.ts'

/** A message that was sent, and what the queue keeps of it. */
interface Accepted {
  readonly stored: StoredMessage
  /** False for a message that a FIFO queue had taken before. */
  readonly isNew: boolean
}

/** Makes the messages that a queue keeps of those that its senders give. A FIFO queue takes none twice. */
export class Intake {
  readonly #clock: Clock
  readonly #settings: () => QueueSettings
  readonly #sentOnce = new SentOnce()

  constructor(clock: Clock, settings: () => QueueSettings) {
    this.#clock = clock
    this.#settings = settings
  }

  accept(message: NewMessage): Accepted {
    const { fifo } = this.#settings()
    if (fifo === undefined) return { stored: this.create(message), isNew: true }
    const before = this.#sentOnce.find(message, fifo, this.#clock.now())
    if (before !== undefined) return { stored: before, isNew: false }
    const stored = this.create(message)
    this.#sentOnce.add(stored, fifo)
    return { stored, isNew: true }
  }

  /** Makes a message that counts as sent now. */
  create(message: NewMessage): StoredMessage {
    const now = this.#clock.now()
    const { delayMs, fifo } = this.#settings()
    const visibleAt = now + (message.delayMs ?? delayMs)
    const sequence = fifo === undefined ? {} : { sequence: this.#sentOnce.nextSequence(now) }
    return { ...message, ...sequence, id: randomUUID(), sentAt: now, visibleAt, receives: 0, receivesHere: 0 }
  }

  /** Remembers a message that a restart found. */
  restore(message: StoredMessage): void {
    const { fifo } = this.#settings()
    if (fifo !== undefined) this.#sentOnce.add(message, fifo)
  }

  /** Forgets messages that could not be written. */
  takeBack(messages: readonly StoredMessage[]): void {
    const { fifo } = this.#settings()
    if (fifo !== undefined) for (const message of messages) this.#sentOnce.forget(message, fifo)
  }

  clear(): void {
    this.#sentOnce.clear()
  }
}
