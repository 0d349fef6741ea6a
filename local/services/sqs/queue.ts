import type { Clock } from '../../clock.ts'
import type { AwsError } from '../../wire/call.ts'
import { hiddenTooLong, tooManyInFlight } from './api/errors.ts'
import { FairLine } from './fair-line.ts'
import { FifoLine } from './fifo/fifo-line.ts'
import { Intake } from './intake.ts'
import { type Journal, type JournalRecord, sentRecords } from './journal.ts'
import { MAX_IN_FLIGHT, MAX_VISIBILITY_SECONDS } from './limits.ts'
import type { NewMessage, QueuedMessage, ReceivedMessage, SentMessage, StoredMessage } from './message.ts'
import { asNewMessage, bodyMd5 } from './message.ts'
import { MessagePlaces } from './message-places.ts'
import type { QueueSettings } from './queue-settings.ts'
import { Receipts } from './receipts.ts'
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
  readonly #places: MessagePlaces
  readonly #receipts: Receipts
  readonly #intake: Intake
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
    this.#places = new MessagePlaces(options.settings.fifo === undefined ? new FairLine() : new FifoLine())
    this.#receipts = new Receipts(options.arn, this.#places)
    this.#intake = new Intake(options.clock, () => this.#settings)
    this.createdAt = this.#modifiedAt = options.clock.now()
    this.tags = new Map(Object.entries(options.tags ?? {}))
    this.#waiters = new ReceiveWaiters(options.clock, {
      take: (request) => this.#take(request),
      nextVisibleAt: () => this.#places.nextVisibleAt,
    })
    for (const message of options.restored ?? []) {
      this.#places.add(message, this.#clock.now())
      this.#intake.restore(message)
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
    const accepted = messages.map((message) => this.#intake.accept(message))
    const taken = accepted.filter(({ isNew }) => isNew).map(({ stored }) => stored)
    this.#record(sentRecords(this.name, taken), () => this.#intake.takeBack(taken))
    const queued = this.#admit(taken).values()
    return accepted.map(({ stored: { id, sequence }, isNew }, index) => ({
      id,
      // SDKs check the digest against the body that they sent, which may differ from the one that was taken before.
      bodyMd5: bodyMd5(isNew ? queued.next().value! : { stored: messages[index]! }),
      ...(sequence === undefined ? {} : { sequence }),
    }))
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
    const found = receiptHandles.map((handle) => this.#receipts.findLatest(handle))
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
    const changed: { readonly message: QueuedMessage; readonly visibleAt: number }[] = []
    const answers = changes.map(({ receiptHandle, timeoutMs }) => {
      const message = this.#receipts.find(receiptHandle)
      if (message === undefined) return this.#receipts.refusal(receiptHandle)
      if (message.place !== 'inFlight') return undefined
      if (now + timeoutMs - message.lastReceivedAt > MAX_VISIBILITY_SECONDS * 1000) return hiddenTooLong(timeoutMs)
      changed.push({ message, visibleAt: now + timeoutMs })
      return undefined
    })
    const records = changed.map(({ message, visibleAt }) => [message.stored.id, visibleAt] as const)
    if (changed.length > 0) this.#journal?.append(['visibility', this.name, records])
    for (const { message, visibleAt } of changed) {
      this.#places.hide(message, visibleAt, 'inFlight')
      message.heldHere = false
    }
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
      moves.push({ message, target, sent: target.#intake.create(asNewMessage(message.stored)) })
    }
    if (moves.length === 0) return 0
    const ids = moves.map(({ message }) => message.stored.id)
    const records = moves.flatMap(({ target, sent }) => sentRecords(target.name, [sent]))
    this.#record([...records, ['deleted', this.name, ids]], () =>
      this.#places.putBack(moves.map(({ message }) => message)),
    )
    for (const { message } of moves) this.#places.remove(message)
    for (const target of new Set(moves.map((move) => move.target))) {
      target.#admit(moves.filter((move) => move.target === target).map(({ sent }) => sent))
    }
    return moves.length
  }

  /** Returns true for a receipt handle of this queue, outdated or not. */
  recognises(receiptHandle: string): boolean {
    return this.#receipts.recognises(receiptHandle)
  }

  /** Returns true for a handle by which a FIFO queue no longer deletes: its message is visible, or received again. */
  hasExpired(receiptHandle: string): boolean {
    if (this.#settings.fifo === undefined) return false
    this.#places.bringUpToDate(this.#clock.now(), this.#settings.retentionMs)
    const message = this.#receipts.find(receiptHandle)
    if (message === undefined) return false
    return message.place !== 'inFlight' || this.#receipts.findLatest(receiptHandle) === undefined
  }

  counts(): { readonly visible: number; readonly delayed: number; readonly inFlight: number } {
    this.#places.bringUpToDate(this.#clock.now(), this.#settings.retentionMs)
    return this.#places.counts()
  }

  purge(): void {
    this.#journal?.append(['purged', this.name])
    this.#places.clear()
    this.#intake.clear()
  }

  /** Returns every message as it would be after a kill. */
  snapshot(): Iterable<StoredMessage> {
    return this.#places.snapshot()
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
    this.#record(records, () => this.#places.putBack([...dead, ...taken]))
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
    return { ...message.stored, bodyMd5: bodyMd5(message), receiptHandle: this.#receipts.write(message.stored) }
  }

  #deadLetters(): { readonly queue: Queue; readonly maxReceiveCount: number } | undefined {
    const { redrive } = this.#settings
    const queue = redrive === undefined ? undefined : this.#queueByArn(redrive.deadLetterArn)
    return queue === undefined ? undefined : { queue, maxReceiveCount: redrive!.maxReceiveCount }
  }

  /** The age counts from the first sending, and the count that receivers see goes on. */
  #redrive(dead: readonly QueuedMessage[], target: Queue): void {
    for (const message of dead) this.#places.remove(message)
    target.#admit(
      dead.map(({ stored }) => ({ ...stored, receivesHere: 0, deadLetterSourceArn: this.arn, visibleAt: 0 })),
    )
  }

  /** Writes a change to the journal. A change that could not be written has not happened: `undo` takes it back. */
  #record(records: readonly JournalRecord[], undo: () => void): void {
    try {
      this.#journal?.append(...records)
    } catch (error) {
      undo()
      throw error
    }
  }

  /** Takes in messages that are in the journal. */
  #admit(messages: readonly StoredMessage[]): readonly QueuedMessage[] {
    const now = this.#clock.now()
    const queued = messages.map((message) => this.#places.add(message, now))
    this.#waiters.serve()
    return queued
  }
}
