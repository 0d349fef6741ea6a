import type { NewMessage, StoredMessage } from '../message.ts'
import type { FifoSettings } from './fifo-settings.ts'

const INTERVAL_MS = 5 * 60_000
const SEQUENCE_DIGITS = 20

/**
 * What a FIFO queue knows of the messages that it took in the last five minutes: a message with the deduplication id of
 * one of them is not taken again. A restart remembers those that are still in the queue.
 */
export class SentOnce {
  readonly #recent = new Map<string, StoredMessage>()
  #lastSequence = 0n

  /** Returns the message that was sent before under the same id, if the five minutes are not over. */
  find(message: NewMessage, settings: FifoSettings, now: number): StoredMessage | undefined {
    for (const [key, { sentAt }] of this.#recent) {
      if (sentAt + INTERVAL_MS > now) break
      this.#recent.delete(key)
    }
    return this.#recent.get(deduplicationKey(message, settings))
  }

  add(message: StoredMessage, settings: FifoSettings): void {
    const sequence = BigInt(message.sequence ?? 0)
    if (sequence > this.#lastSequence) this.#lastSequence = sequence
    this.#recent.set(deduplicationKey(message, settings), message)
  }

  /** Called for a message that could not be written: it was not sent. */
  forget(message: StoredMessage, settings: FifoSettings): void {
    this.#recent.delete(deduplicationKey(message, settings))
  }

  /** Returns a number above all that were given, also before a restart. */
  nextSequence(now: number): string {
    const ofTime = BigInt(Math.floor(now)) * 1_000_000n
    this.#lastSequence = ofTime > this.#lastSequence ? ofTime : this.#lastSequence + 1n
    return this.#lastSequence.toString().padStart(SEQUENCE_DIGITS, '0')
  }

  clear(): void {
    this.#recent.clear()
  }
}

function deduplicationKey({ deduplicationId = '', groupId = '' }: NewMessage, settings: FifoSettings): string {
  return settings.deduplicationScope === 'messageGroup' ? JSON.stringify([groupId, deduplicationId]) : deduplicationId
}
