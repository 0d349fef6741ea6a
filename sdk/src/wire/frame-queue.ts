import type { WireError } from '../../../protocol/kit/errors.ts'
import type { ServerFrame } from '../../../protocol/wire/frames.ts'
import { MAX_FRAME_BYTES } from '../../../protocol/kit/limits.ts'
import type { Connection, Question } from './connection.ts'
import { errorFromWire, isTransientCode } from '../api/error-codes.ts'
import type { JobwireError } from '../api/errors.ts'
import { utf8Bytes } from '../api/input.ts'
import type { Link } from './link.ts'
import { backoffMs, MAX_FRAMES_IN_FLIGHT } from '../time/pace.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'

/** The bytes of a frame around its items: `{"type":"subscribe","ref":9007199254740991,"ids":[]}` and some room. */
const ENVELOPE_BYTES = 64

export const MAX_ITEM_BYTES = MAX_FRAME_BYTES - ENVELOPE_BYTES
/** The limit of a frame with several items: on a bad line, a long frame is cut off before its answer each time. */
const FULL_FRAME_BYTES = 8_192

/** The error of an item that its answer does not mention. */
export const NO_OUTCOME: WireError = { code: 'INTERNAL', message: 'No answer came for the job.' }

export interface FrameKind<Item> {
  readonly type: 'submit' | 'subscribe' | 'cancel'
  readonly list: 'jobs' | 'ids'
  readonly maxItems: number
  /** The number of times that an item is sent while the platform is too busy for it. */
  readonly maxTries: number
  /** True if a frame without an answer is sent again on the next connection. If not, its items fail. */
  readonly durable: boolean
  /** Takes the answer. Returns the error of each refused item, in the order of the items. */
  answered(frame: ServerFrame, items: readonly Item[], connection: Connection): readonly (WireError | undefined)[]
  failed(item: Item, error: JobwireError): void
}

/** Makes queues. */
export interface Queues {
  queue<Item>(kind: FrameKind<Item>): FrameQueue<Item>
}

interface Entry<Item> {
  readonly item: Item
  readonly json: string
  readonly bytes: number
  tries: number
  cancelRetry?: () => void
}

/**
 * Puts items that are added at about the same time into as few frames as possible. A full frame is sent at once. A
 * frame that is not full waits for the answers to those before it, and fills up meanwhile.
 */
export class FrameQueue<Item> {
  readonly #kind: FrameKind<Item>
  readonly #link: Link
  readonly #clock: Clock
  readonly #random: () => number
  #waiting: Entry<Item>[] = []
  /** Every entry that is neither answered nor given up, in a frame or not. */
  readonly #unsettled = new Set<Entry<Item>>()
  readonly #inFlight = new Set<Question>()
  #flushing = false

  constructor(kind: FrameKind<Item>, link: Link, clock: Clock, random: () => number) {
    this.#kind = kind
    this.#link = link
    this.#clock = clock
    this.#random = random
  }

  add(item: Item, json: string): void {
    const entry = { item, json, bytes: utf8Bytes(json) + 1, tries: 0 }
    this.#unsettled.add(entry)
    this.#enqueue(entry)
  }

  /** Fails every entry. */
  drain(error: JobwireError): void {
    const entries = [...this.#unsettled]
    this.#unsettled.clear()
    this.#waiting = []
    this.#inFlight.clear()
    for (const entry of entries) {
      entry.cancelRetry?.()
      this.#kind.failed(entry.item, error)
    }
  }

  #flush(): void {
    if (this.#waiting.length === 0) return
    if (!this.#link.current) return this.#link.need()
    let start = 0
    while (start < this.#waiting.length && this.#inFlight.size < MAX_FRAMES_IN_FLIGHT) {
      const end = this.#frameEnd(start)
      if (end === this.#waiting.length && end - start < this.#kind.maxItems && this.#inFlight.size > 0) break
      this.#send(this.#waiting.slice(start, end))
      start = end
    }
    this.#waiting = this.#waiting.slice(start)
  }

  #enqueue(entry: Entry<Item>): void {
    this.#waiting.push(entry)
    this.flushSoon()
  }

  /** Sends what can be sent at the end of the present turn. */
  flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    queueMicrotask(() => {
      this.#flushing = false
      this.#flush()
    })
  }

  #frameEnd(start: number): number {
    let bytes = 0
    let end = start
    while (end < this.#waiting.length && end - start < this.#kind.maxItems) {
      bytes += this.#waiting[end]!.bytes
      if (end > start && bytes > FULL_FRAME_BYTES) break
      end++
    }
    return end
  }

  #send(entries: readonly Entry<Item>[]): void {
    const { type, list, durable } = this.#kind
    const ref = this.#link.nextRef()
    const text = `{"type":"${type}","ref":${ref},"${list}":[${entries.map((entry) => entry.json).join()}]}`
    const question: Question = {
      ref,
      text,
      durable,
      sends: 0,
      answered: (frame, connection) => {
        this.#inFlight.delete(question)
        this.#answered(frame, entries, connection)
        this.flushSoon()
      },
      failed: (error) => {
        this.#inFlight.delete(question)
        for (const entry of entries) this.#failEntry(entry, error)
        this.flushSoon()
      },
    }
    this.#inFlight.add(question)
    this.#link.ask(question)
  }

  #answered(frame: ServerFrame, entries: readonly Entry<Item>[], connection: Connection): void {
    // Nothing but drain settles entries that are in a frame, and it settles all of them.
    if (!entries.some((entry) => this.#unsettled.has(entry))) return
    const items = entries.map((entry) => entry.item)
    const errors = frame.type === 'error' ? items.map(() => frame.error) : this.#kind.answered(frame, items, connection)
    for (const [place, entry] of entries.entries()) {
      const error = errors[place]
      if (error) this.#refused(entry, error)
      else this.#unsettled.delete(entry)
    }
  }

  #refused(entry: Entry<Item>, error: WireError): void {
    entry.tries++
    if (!isTransientCode(error.code) || entry.tries >= this.#kind.maxTries)
      return this.#failEntry(entry, errorFromWire(error))
    entry.cancelRetry = this.#clock.after(backoffMs(entry.tries, this.#random), () => this.#enqueue(entry))
  }

  #failEntry(entry: Entry<Item>, error: JobwireError): void {
    if (this.#unsettled.delete(entry)) this.#kind.failed(entry.item, error)
  }
}
