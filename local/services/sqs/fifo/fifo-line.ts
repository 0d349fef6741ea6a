import type { QueuedMessage } from '../message.ts'

/** The messages of a queue that can be received, in the order in which the queue gives them out. */
export interface MessageOrder {
  readonly inFlight: number
  push(message: QueuedMessage): void
  /** Takes out the next message in turn. */
  shift(now: number): QueuedMessage | undefined
  /** Takes out a message that waits here. */
  remove(message: QueuedMessage): void
  enterFlight(message: QueuedMessage): void
  leaveFlight(message: QueuedMessage): void
  clear(): void
}

interface Group {
  /** In the order of their sequence numbers. */
  readonly waiting: QueuedMessage[]
  inFlight: number
}

/**
 * The visible messages of a FIFO queue. Each group gives its messages out in the order in which they were sent, and
 * gives out none while one of them is in flight. One receive takes as many as it can from one group, and then from the
 * group whose next message is the oldest. A message that comes back takes its old place.
 */
export class FifoLine implements MessageOrder {
  readonly #groups = new Map<string, Group>()
  /** The group from which the receive that is under way took its last message. */
  #current: Group | undefined
  #inFlight = 0

  get inFlight(): number {
    return this.#inFlight
  }

  push(message: QueuedMessage): void {
    const { waiting } = this.#groupOf(message)
    let place = waiting.length
    while (place > 0 && sequenceOf(waiting[place - 1]!) > sequenceOf(message)) place--
    waiting.splice(place, 0, message)
  }

  shift(): QueuedMessage | undefined {
    const group = isOpen(this.#current) ? this.#current : this.#oldestOpen()
    this.#current = group
    const message = group?.waiting.shift()
    if (message === undefined) return undefined
    this.#forgetIdle(message)
    return message
  }

  remove(message: QueuedMessage): void {
    const { waiting } = this.#groupOf(message)
    waiting.splice(waiting.indexOf(message), 1)
    this.#forgetIdle(message)
  }

  enterFlight(message: QueuedMessage): void {
    this.#current = undefined
    this.#groupOf(message).inFlight++
    this.#inFlight++
  }

  leaveFlight(message: QueuedMessage): void {
    this.#groupOf(message).inFlight--
    this.#inFlight--
    this.#forgetIdle(message)
  }

  clear(): void {
    this.#groups.clear()
    this.#current = undefined
    this.#inFlight = 0
  }

  #groupOf({ stored: { groupId = '' } }: QueuedMessage): Group {
    let group = this.#groups.get(groupId)
    if (group === undefined) this.#groups.set(groupId, (group = { waiting: [], inFlight: 0 }))
    return group
  }

  #oldestOpen(): Group | undefined {
    let oldest: Group | undefined
    for (const group of this.#groups.values()) {
      if (!isOpen(group)) continue
      if (oldest === undefined || sequenceOf(group.waiting[0]!) < sequenceOf(oldest.waiting[0]!)) oldest = group
    }
    return oldest
  }

  #forgetIdle({ stored: { groupId = '' } }: QueuedMessage): void {
    const group = this.#groups.get(groupId)
    if (group !== undefined && group.waiting.length === 0 && group.inFlight === 0) this.#groups.delete(groupId)
  }
}

function isOpen(group: Group | undefined): group is Group {
  return group !== undefined && group.inFlight === 0 && group.waiting.length > 0
}

/** Sequence numbers all have 20 digits. */
function sequenceOf({ stored }: QueuedMessage): string {
  return stored.sequence ?? ''
}
