import { createHash } from 'node:crypto'
import { invalidReceiptHandle, noSuchMessage } from './api/errors.ts'
import type { MessagePlaces } from './message-places.ts'
import type { QueuedMessage, StoredMessage } from './message.ts'
import type { AwsError } from '../../wire/call.ts'

/**
 * The receipt handles of one queue. A handle names the message, the number of its receive, and the queue. So no handle
 * needs storing, and a handle from before a restart stays valid.
 */
export class Receipts {
  readonly #queueTag: string
  readonly #places: MessagePlaces

  constructor(queueArn: string, places: MessagePlaces) {
    this.#queueTag = createHash('md5').update(queueArn).digest('hex').slice(0, 10)
    this.#places = places
  }

  write({ receivesHere, id }: StoredMessage): string {
    return `AQEB${this.#queueTag}.${receivesHere}.${id}`
  }

  /** Returns true for a handle of this queue, outdated or not. */
  recognises(handle: string): boolean {
    return this.#read(handle) !== undefined
  }

  /** Returns the message of a handle, also of an earlier receive. */
  find(handle: string): QueuedMessage | undefined {
    return this.#places.get(this.#read(handle)?.id ?? '')
  }

  /** Returns the message of a handle, if the handle is from its latest receive. Throws for one of no receive here. */
  findLatest(handle: string): QueuedMessage | undefined {
    const receipt = this.#read(handle)
    if (receipt === undefined) throw invalidReceiptHandle(handle)
    const message = this.#places.get(receipt.id)
    return message?.stored.receivesHere === receipt.receive ? message : undefined
  }

  /** Returns why a handle has no message. */
  refusal(handle: string): AwsError {
    return this.recognises(handle) ? noSuchMessage(handle) : invalidReceiptHandle(handle)
  }

  #read(handle: string): { readonly id: string; readonly receive: number } | undefined {
    const match = /^AQEB([0-9a-z]+)\.(\d+)\.([0-9a-f-]{36})$/.exec(handle)
    if (match === null || match[1] !== this.#queueTag) return undefined
    return { receive: Number(match[2]), id: match[3]! }
  }
}
