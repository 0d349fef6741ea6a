import { randomUUID } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { AwsError } from '../../wire/call.ts'
import { invalidReceiptHandle, invalidValue, noSuchMessage, tooManyInFlight } from './api/errors.ts'
import { FairLine } from './fair-line.ts'
import { FifoLine } from './fifo/fifo-line.ts'
import { SentOnce } from './fifo/sent-once.ts'
import type { Journal, JournalRecord } from './journal.ts'
import { MAX_IN_FLIGHT, MAX_VISIBILITY_SECONDS } from './limits.ts'
import type { NewMessage, QueuedMessage, ReceivedMessage, SentMessage, StoredMessage } from './message.ts'
import { asNewMessage, bodyMd5, queueTagOf, readReceiptHandle, writeReceiptHandle } from './message.ts'
import { MessagePlaces } from './message-places.ts'
import type { QueueSettings } from './queue-settings.ts'
import { ReceiveWaiters, type ReceiveOptions } from './receive-waiters.ts'

export interface QueueOptions {
  readonly name: string
  readonly arn: string
  readonly url: string
  readonly clock: Clock
  readonly settings: QueueSettings
  readonly tags?: Readonly<Record<string, string>>
  readonly journal?: Journal | undefined
  /** The messages that a restart found in the journal. */
  readonly restored?: readonly StoredMessage[]
  /** As many as on AWS if absent. */
  readonly maxInFlight?: number
  /** Finds the dead-letter queue. Called at each redrive, because queues may be made in any order. */
  readonly queueByArn?: (arn: string) => Queue | undefined
}

/**
 * A queue as a state machine on a clock. Every operation of a standard queue costs O(log n) at most. State is brought
 * up to date when somebody looks: an alarm is set only while a receiver waits.
 *
 * @example
 * queue.send([{ body: 'hello', senderId: 'me' }])
 * const [message] = await queue.receive({ maxMessages: 10, waitMs: 20_000 })
 * queue.delete(message.receiptHandle)
 */
export class Queue {
  readonly name: string
  readonly arn: string
  readonly url: string
  readonly createdAt: number
  readonly tags: Map<string, string>
  readonly #clock: Clock
  readonly #journal: Journal | undefined
  readonly #queueByArn: (arn: string) => Queue | undefined
  readonly #maxInFlight: number
  readonly #tag: string
  readonly #places: MessagePlaces
  readonly #sentOnce = new SentOnce()
  readonly #waiters: ReceiveWaiters
  #settings: QueueSettings
  #modifiedAt: number

  constructor(options: QueueOptions) {
    this.name = options.name
    this.arn = options.arn
    this.url = options.url
    this.#settings = options.settings
    this.#clock = options.clock
    this.#journal = options.journal
    this.#queueByArn = options.queueByArn ?? (() => undefined)
    this.#maxInFlight = options.maxInFlight ?? MAX_IN_FLIGHT
    this.#tag = queueTagOf(options.arn)
    this.#places = new MessagePlaces(options.settings.fifo === undefined ? new FairLine() : new FifoLine())
    this.createdAt = this.#modifiedAt = options.clock.now()
    this.tags = new Map(Object.entries(options.tags ?? {}))
    this.#waiters = new ReceiveWaiters(options.clock, {
      take: (request) => this.#take(request),
      nextVisibleAt: () => this.#places.nextVisibleAt,
    })
    for (const message of options.restored ?? []) {
      this.#places.add(message, this.#clock.now())
      if (options.settings.fifo !== undefined) this.#sentOnce.add(message, options.settings.fifo)
    }
  }

  get settings(): Readonly<QueueSettings> {
    return this.#settings
  }

  /** The time of the latest change of the settings. */
  get modifiedAt(): number {
    return this.#modifiedAt
  }

  /** A FIFO queue does not take a message whose deduplication id it has seen, and answers as it did the first time. */
  send(messages: readonly NewMessage[]): readonly SentMessage[] {
    const { fifo } = this.#settings
    const taken: StoredMessage[] = []
    const stored = messages.map((message) => {
      const before = fifo === undefined ? undefined : this.#sentOnce.find(message, fifo, this.#clock.now())
      if (before !== undefined) return before
      const sent = this.#newlySent(message)
      if (fifo !== undefined) this.#sentOnce.add(sent, fifo)
      taken.push(sent)
      return sent
    })
    try {
      this.#journal?.append(...taken.map((message) => ['sent', this.name, message] as const))
    } catch (error) {
      // A change that could not be written has not happened.
      if (fifo !== undefined) for (const message of taken) this.#sentOnce.forget(message, fifo)
      throw error
    }
    const queued = new Map(taken.map((message) => [message, this.#places.add(message, this.#clock.now())]))
    this.#waiters.serve()
    return stored.map((message, index) => {
      // SDKs check the digest against the body that they sent, which may differ from the one that was taken.
      const own = queued.get(message)
      const isSent = own !== undefined && message.body === messages[index]!.body
      return {
        id: message.id,
        bodyMd5: bodyMd5(isSent ? own : { stored: messages[index]! }),
        ...(message.sequence === undefined ? {} : { sequence: message.sequence }),
      }
    })
  }

  /** Resolves with the messages that are there, or with the first that comes within `waitMs`, or with none. */
  receive(options: ReceiveOptions): Promise<readonly ReceivedMessage[]> {
    const received = this.#take(options)
    if (received.length > 0) return Promise.resolve(received)
    if (options.waitMs > 0) return this.#waiters.wait(options)
    // As on AWS, only a receive that does not wait is told that the limit is reached.
    if (this.#places.inFlight >= this.#maxInFlight) return Promise.reject(tooManyInFlight())
    return Promise.resolve([])
  }

  /**
   * Deletes the messages of these receives. As on AWS, a handle is accepted and does nothing if its message is gone or
   * was received again. A handle that never came from this queue is an error, and then none is deleted.
   */
  delete(...receiptHandles: readonly string[]): void {
    const found = receiptHandles.map((handle) => this.#findByHandle(handle))
    const current = [...new Set(found.filter((message) => message !== undefined))]
    if (current.length === 0) return
    this.#journal?.append(['deleted', this.name, current.map(({ stored }) => stored.id)])
    for (const message of current) this.#places.remove(message)
    this.#waiters.serve()
  }

  /**
   * Returns for each change why it was refused, if it was. As on AWS, every handle of a message counts, also one of an
   * earlier receive, and nothing happens to a message that is visible again.
   */
  changeVisibility(
    changes: readonly { readonly receiptHandle: string; readonly timeoutMs: number }[],
  ): readonly (AwsError | undefined)[] {
    const now = this.#clock.now()
    this.#places.bringUpToDate(now, this.#settings.retentionMs)
    const done: [id: string, visibleAt: number][] = []
    const answers = changes.map(({ receiptHandle, timeoutMs }) => {
      const refusal = this.#refusal(receiptHandle, timeoutMs, now)
      if (refusal !== undefined) return refusal
      const message = this.#findByAnyHandle(receiptHandle)!
      if (message.place !== 'inFlight') return undefined
      this.#places.hide(message, now + timeoutMs, 'inFlight')
      message.heldHere = false
      done.push([message.stored.id, now + timeoutMs])
      return undefined
    })
    if (done.length > 0) this.#journal?.append(['visibility', this.name, done])
    this.#waiters.serve()
    return answers
  }

  /** Applies to everything from now on. A new retention also counts for the messages that are there. */
  configure(changes: Partial<QueueSettings>): void {
    this.#settings = { ...this.#settings, ...changes }
    this.#modifiedAt = this.#clock.now()
  }

  /**
   * Sends the next visible messages to other queues as new messages, and deletes them here. Stops at the first message
   * for which `targetOf` returns undefined, and leaves that one as it is. Returns the number of messages that it moved.
   */
  moveVisible(maxMessages: number, targetOf: (message: Readonly<StoredMessage>) => Queue | undefined): number {
    const now = this.#clock.now()
    this.#places.bringUpToDate(now, this.#settings.retentionMs)
    const moves: { readonly message: QueuedMessage; readonly target: Queue; readonly sent: StoredMessage }[] = []
    while (moves.length < maxMessages) {
      const message = this.#places.takeVisible(now)
      if (message === undefined) break
      const target = targetOf(message.stored)
      if (target === undefined) {
        this.#places.show(message)
        break
      }
      moves.push({ message, target, sent: target.#newlySent(asNewMessage(message.stored)) })
    }
    if (moves.length === 0) return 0
    try {
      this.#journal?.append(...moves.map(({ target, sent }) => ['sent', target.name, sent] as const), [
        'deleted',
        this.name,
        moves.map(({ message }) => message.stored.id),
      ])
    } catch (error) {
      // A change that could not be written has not happened.
      for (const { message } of moves) this.#places.show(message)
      throw error
    }
    for (const { message, target, sent } of moves) {
      this.#places.remove(message)
      target.#places.add(sent, this.#clock.now())
    }
    for (const target of new Set(moves.map((move) => move.target))) target.#waiters.serve()
    return moves.length
  }

  /** Returns true for a receipt handle of this queue, outdated or not. */
  recognises(receiptHandle: string): boolean {
    return readReceiptHandle(receiptHandle, this.#tag) !== undefined
  }

  /** Returns true for a handle by which a FIFO queue no longer deletes: its message is visible, or received again. */
  hasExpired(receiptHandle: string): boolean {
    if (this.#settings.fifo === undefined) return false
    this.#places.bringUpToDate(this.#clock.now(), this.#settings.retentionMs)
    const message = this.#findByAnyHandle(receiptHandle)
    if (message === undefined) return false
    return message.place !== 'inFlight' || this.#findByHandle(receiptHandle) === undefined
  }

  counts(): { readonly visible: number; readonly delayed: number; readonly inFlight: number } {
    this.#places.bringUpToDate(this.#clock.now(), this.#settings.retentionMs)
    return this.#places.counts()
  }

  purge(): void {
    this.#journal?.append(['purged', this.name])
    this.#places.clear()
    this.#sentOnce.clear()
  }

  /** Returns every message as it would be after a kill: visible, if a receiver in this process holds it. */
  *snapshot(): Iterable<StoredMessage> {
    for (const { stored, heldHere } of this.#places.all()) {
      yield heldHere === true ? { ...stored, visibleAt: 0 } : stored
    }
  }

  /** Gives every waiting receiver an empty answer. */
  close(): void {
    this.#waiters.close()
  }

  #take({ maxMessages, visibilityTimeoutMs, heldHere = false }: ReceiveOptions): readonly ReceivedMessage[] {
    const now = this.#clock.now()
    this.#places.bringUpToDate(now, this.#settings.retentionMs)
    const visibleAt = now + (visibilityTimeoutMs ?? this.#settings.visibilityTimeoutMs)
    const deadLetters = this.#deadLetters()
    const taken: QueuedMessage[] = []
    const dead: QueuedMessage[] = []
    while (taken.length < maxMessages && this.#places.inFlight + taken.length < this.#maxInFlight) {
      const message = this.#places.takeVisible(now)
      if (message === undefined) break
      if (deadLetters !== undefined && message.stored.receivesHere >= deadLetters.maxReceiveCount) dead.push(message)
      else taken.push(message)
    }
    const records: JournalRecord[] = []
    if (deadLetters !== undefined && dead.length > 0) {
      records.push(['moved', this.name, deadLetters.queue.name, this.arn, dead.map(({ stored }) => stored.id)])
    }
    if (taken.length > 0) {
      records.push(['received', this.name, now, visibleAt, heldHere, taken.map(({ stored }) => stored.id)])
    }
    try {
      if (records.length > 0) this.#journal?.append(...records)
    } catch (error) {
      // A change that could not be written has not happened.
      for (const message of [...dead, ...taken]) this.#places.show(message)
      throw error
    }
    if (dead.length > 0) this.#redrive(dead, deadLetters!.queue)
    return taken.map((message) => this.#received(message, { now, visibleAt, heldHere }))
  }

  #received(
    message: QueuedMessage,
    { now, visibleAt, heldHere }: { now: number; visibleAt: number; heldHere: boolean },
  ): ReceivedMessage {
    message.stored.receives++
    message.stored.receivesHere++
    message.stored.firstReceivedAt ??= now
    message.lastReceivedAt = now
    message.heldHere = heldHere
    this.#places.hide(message, visibleAt, 'inFlight')
    // A copy, because the message's own counts go on changing.
    return {
      ...message.stored,
      bodyMd5: bodyMd5(message),
      receiptHandle: writeReceiptHandle(message.stored, this.#tag),
    }
  }

  #deadLetters(): { readonly queue: Queue; readonly maxReceiveCount: number } | undefined {
    const { redrive } = this.#settings
    const queue = redrive === undefined ? undefined : this.#queueByArn(redrive.deadLetterArn)
    return queue === undefined ? undefined : { queue, maxReceiveCount: redrive!.maxReceiveCount }
  }

  /** The age counts from the first sending, and the count that receivers see goes on. */
  #redrive(dead: readonly QueuedMessage[], target: Queue): void {
    for (const message of dead) {
      this.#places.remove(message)
      target.#places.add(
        { ...message.stored, receivesHere: 0, deadLetterSourceArn: this.arn, visibleAt: 0 },
        this.#clock.now(),
      )
    }
    target.#waiters.serve()
  }

  #refusal(handle: string, timeoutMs: number, now: number): AwsError | undefined {
    if (!this.recognises(handle)) return invalidReceiptHandle(handle)
    const message = this.#findByAnyHandle(handle)
    if (message === undefined) return noSuchMessage(handle)
    if (message.place === 'inFlight' && now + timeoutMs - message.lastReceivedAt > MAX_VISIBILITY_SECONDS * 1000) {
      const reason = `Total VisibilityTimeout for the message is beyond the limit [${MAX_VISIBILITY_SECONDS} seconds].`
      return invalidValue('VisibilityTimeout', timeoutMs / 1000, reason)
    }
    return undefined
  }

  /** Returns the message of a handle, if the handle is from its latest receive. */
  #findByHandle(handle: string): QueuedMessage | undefined {
    const receipt = readReceiptHandle(handle, this.#tag)
    if (receipt === undefined) throw invalidReceiptHandle(handle)
    const message = this.#places.get(receipt.id)
    return message?.stored.receivesHere === receipt.receive ? message : undefined
  }

  #findByAnyHandle(handle: string): QueuedMessage | undefined {
    return this.#places.get(readReceiptHandle(handle, this.#tag)?.id ?? '')
  }

  #newlySent(message: NewMessage): StoredMessage {
    const now = this.#clock.now()
    const visibleAt = now + (message.delayMs ?? this.#settings.delayMs)
    const sequence = this.#settings.fifo === undefined ? {} : { sequence: this.#sentOnce.nextSequence(now) }
    return { ...message, ...sequence, id: randomUUID(), sentAt: now, visibleAt, receives: 0, receivesHere: 0 }
  }
}
