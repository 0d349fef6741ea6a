import type { MessageOrder } from './fifo/fifo-line.ts'
import type { QueuedMessage } from './message.ts'
import { MessageLine } from './message.ts'
import type { HeapEntry } from './time-heap.ts'
import { TimeHeap } from './time-heap.ts'

/** A group with fewer in flight is never noisy: so few cannot hold up others, however little else is in flight. */
const NOISY_IN_FLIGHT = 30
const NOISY_SHARE = 0.1
const QUIET_AFTER_MS = 5 * 60_000

interface Group {
  readonly id: string | undefined
  readonly waiting: MessageLine
  inFlight: number
  lastSentAt: number
  noisy: boolean
  /**
   * Its place among the quiet groups, by the turn of its first message. Undefined while it is noisy or has none
   * waiting.
   */
  place?: HeapEntry<Group> | undefined
}

/**
 * The visible messages of a standard queue, in the order in which a fair queue gives them out. A message group is noisy
 * if it has more than a tenth of all messages in flight, and at least thirty. Its waiting messages then come after all
 * others. It stays noisy until none of its messages wait or it has sent nothing for five minutes. AWS documents these
 * figures as approximate; here they are exact. AWS's other measure, the share of processing time, is left out.
 *
 * Messages without a group are never noisy. Every operation costs O(log groups), and no scan over messages.
 */
export class FairLine implements MessageOrder {
  readonly #groups = new Map<string | undefined, Group>()
  readonly #quiet = new TimeHeap<Group>()
  readonly #noisy = new Set<Group>()
  #turns = 0
  #inFlight = 0

  get inFlight(): number {
    return this.#inFlight
  }

  push(message: QueuedMessage): void {
    const group = this.#groupOf(message)
    message.turn = this.#turns++
    group.lastSentAt = Math.max(group.lastSentAt, message.stored.sentAt)
    group.waiting.push(message)
    if (group.waiting.length === 1) this.#line(group)
  }

  /** Takes out the next message in turn. */
  shift(now: number): QueuedMessage | undefined {
    for (const group of this.#noisy) if (!this.#mayBeNoisy(group, now)) this.#calm(group)
    for (let next = this.#quiet.peek()?.item; next !== undefined; next = this.#quiet.peek()?.item) {
      if (!this.#isOverShare(next) || !this.#mayBeNoisy(next, now)) return this.#takeFirst(next)
      this.#unline(next)
      next.noisy = true
      this.#noisy.add(next)
    }
    const [first, ...others] = this.#noisy
    return first === undefined ? undefined : this.#takeFirst(others.reduce(leastBusy, first))
  }

  /** Takes out a message that waits here. */
  remove(message: QueuedMessage): void {
    const group = this.#groupOf(message)
    const wasFirst = group.waiting.first === message
    group.waiting.remove(message)
    if (group.waiting.length === 0) {
      this.#noisy.delete(group)
      group.noisy = false
      this.#unline(group)
      this.#forgetIdle(group)
    } else if (wasFirst && !group.noisy) {
      this.#unline(group)
      this.#line(group)
    }
  }

  enterFlight(message: QueuedMessage): void {
    this.#inFlight++
    this.#groupOf(message).inFlight++
  }

  leaveFlight(message: QueuedMessage): void {
    const group = this.#groupOf(message)
    this.#inFlight--
    group.inFlight--
    this.#forgetIdle(group)
  }

  clear(): void {
    this.#groups.clear()
    this.#quiet.clear()
    this.#noisy.clear()
    this.#inFlight = 0
  }

  #groupOf({ stored: { groupId } }: QueuedMessage): Group {
    let group = this.#groups.get(groupId)
    if (group === undefined) {
      group = { id: groupId, waiting: new MessageLine(), inFlight: 0, lastSentAt: 0, noisy: false }
      this.#groups.set(groupId, group)
    }
    return group
  }

  #takeFirst(group: Group): QueuedMessage {
    const message = group.waiting.first!
    this.remove(message)
    return message
  }

  #isOverShare({ id, inFlight }: Group): boolean {
    return id !== undefined && inFlight >= NOISY_IN_FLIGHT && inFlight > this.#inFlight * NOISY_SHARE
  }

  #mayBeNoisy(group: Group, now: number): boolean {
    return now - group.lastSentAt < QUIET_AFTER_MS
  }

  #calm(group: Group): void {
    this.#noisy.delete(group)
    group.noisy = false
    this.#line(group)
  }

  #line(group: Group): void {
    if (!group.noisy) group.place = this.#quiet.add(group, group.waiting.first!.turn!)
  }

  #unline(group: Group): void {
    if (group.place !== undefined) this.#quiet.remove(group.place)
    group.place = undefined
  }

  #forgetIdle(group: Group): void {
    if (group.waiting.length === 0 && group.inFlight === 0) this.#groups.delete(group.id)
  }
}

function leastBusy(one: Group, other: Group): Group {
  if (one.inFlight !== other.inFlight) return one.inFlight < other.inFlight ? one : other
  return one.waiting.first!.turn! < other.waiting.first!.turn! ? one : other
}
