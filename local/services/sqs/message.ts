import { createHash } from 'node:crypto'
import type { HeapEntry } from './time-heap.ts'

/** A message attribute in AWS's JSON protocol. Binary values are base64. */
export interface MessageAttribute {
  readonly DataType: string
  readonly StringValue?: string
  readonly BinaryValue?: string
}

export type MessageAttributes = Readonly<Record<string, MessageAttribute>>

/** A message as its sender gives it. */
export interface NewMessage {
  readonly body: string
  readonly senderId: string
  readonly attributes?: MessageAttributes
  /** Orders the messages of a FIFO queue. On a standard queue it orders nothing, and makes the queue a fair one. */
  readonly groupId?: string
  /** Of FIFO queues only, and there always. */
  readonly deduplicationId?: string
  readonly traceHeader?: string
  /** Absent: the queue's own delay. */
  readonly delayMs?: number
}

/** The part of a message that outlives a restart. Times are epoch milliseconds. */
export interface StoredMessage extends NewMessage {
  readonly id: string
  /** Of FIFO queues only: 20 digits. */
  readonly sequence?: string
  readonly sentAt: number
  /** While in flight or delayed: the time at which it can be received (again). */
  visibleAt: number
  /** Counted over all queues, as `ApproximateReceiveCount` shows it. */
  receives: number
  /** Counted in this queue: `maxReceiveCount` limits it, and it tells one receipt handle from the next. */
  receivesHere: number
  firstReceivedAt?: number
  /** Set on a message that came by redrive. */
  deadLetterSourceArn?: string
}

/** Returns what the sender of a message gave, without its delay. */
export function asNewMessage(stored: StoredMessage): NewMessage {
  const { body, senderId, attributes, groupId, deduplicationId, traceHeader } = stored
  return {
    body,
    senderId,
    ...(deduplicationId === undefined ? {} : { deduplicationId }),
    ...(attributes === undefined ? {} : { attributes }),
    ...(groupId === undefined ? {} : { groupId }),
    ...(traceHeader === undefined ? {} : { traceHeader }),
  }
}

/** A message inside its queue. */
export interface QueuedMessage {
  readonly stored: StoredMessage
  place: 'visible' | 'delayed' | 'inFlight' | 'none'
  lastReceivedAt: number
  /** In flight to a receiver that would end with this process. */
  heldHere?: boolean
  age?: HeapEntry<QueuedMessage>
  wake?: HeapEntry<QueuedMessage> | undefined
  /** While visible: its place in the order in which messages became visible. */
  turn?: number
  previous?: QueuedMessage | undefined
  next?: QueuedMessage | undefined
  bodyMd5?: string
}

/** A message as its receiver gets it. The counts are of this receive. */
export interface ReceivedMessage extends Readonly<StoredMessage> {
  readonly receiptHandle: string
  readonly bodyMd5: string
}

/** The answer to the sending of a message. */
export interface SentMessage {
  readonly id: string
  readonly bodyMd5: string
  /** Of FIFO queues only. */
  readonly sequence?: string
}

/** Computed once per message, and not before it is needed: after a restart it may never be. */
export function bodyMd5(message: { readonly stored: Pick<StoredMessage, 'body'>; bodyMd5?: string }): string {
  return (message.bodyMd5 ??= createHash('md5').update(message.stored.body).digest('hex'))
}

/** A doubly linked line of messages: first in, first out. Any message may leave it. Each operation is O(1). */
export class MessageLine {
  #first: QueuedMessage | undefined
  #last: QueuedMessage | undefined
  #length = 0

  get length(): number {
    return this.#length
  }

  get first(): QueuedMessage | undefined {
    return this.#first
  }

  push(message: QueuedMessage): void {
    message.previous = this.#last
    message.next = undefined
    if (this.#last === undefined) this.#first = message
    else this.#last.next = message
    this.#last = message
    this.#length++
  }

  remove(message: QueuedMessage): void {
    if (message.previous === undefined) this.#first = message.next
    else message.previous.next = message.next
    if (message.next === undefined) this.#last = message.previous
    else message.next.previous = message.previous
    message.previous = message.next = undefined
    this.#length--
  }
}
