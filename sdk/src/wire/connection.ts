import type { ServerFrame } from '../../../protocol/wire/frames.ts'
import type { JobUpdate } from '../../../protocol/job/job.ts'
import type { JobwireError } from '../api/errors.ts'
import { ANSWER_MS, backoffMs, GOODBYE_MS, MAX_SENDS } from '../time/pace.ts'
import type { OpenSocket, Socket } from './socket.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'

/** A frame that needs an answer. Its `ref` stays the same however often it is sent, so a late answer still counts. */
export interface Question {
  readonly ref: number
  readonly text: string
  /** True if it is sent again on the next connection when this one ends before the answer. */
  readonly durable: boolean
  sends: number
  /** The time of the first send. */
  firstMs?: number
  answered(frame: ServerFrame, connection: Connection): void
  failed(error: JobwireError): void
}

export interface ConnectionEvents {
  opened(connection: Connection): void
  pushed(updates: readonly JobUpdate[]): void
  /** Called once, whether it ever opened or not. */
  connectionEnded(connection: Connection, unanswered: readonly Question[]): void
}

export interface ConnectionOptions {
  readonly url: string
  readonly openSocket: OpenSocket
  readonly maxAgeMs: number
  readonly clock: Clock
  readonly random: () => number
  readonly events: ConnectionEvents
}

interface Pending {
  readonly question: Question
  /** Undefined until it is sent. */
  cancelTimer?: () => void
  resending: boolean
}

/** One WebSocket connection: its handshake, its questions and their answers, its end. */
export class Connection {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #events: ConnectionEvents
  readonly #socket: Socket
  readonly #pending = new Map<number, Pending>()
  #cancelHandshake: () => void
  #ended = false
  #gone: () => void = () => {}
  openedMs = 0
  lastSentMs = 0
  /** True once the platform has sent anything: an open connection alone proves little. */
  heard = false

  /** The age at which it is replaced. */
  readonly maxAgeMs: number

  constructor({ url, openSocket, maxAgeMs, clock, random, events }: ConnectionOptions) {
    this.maxAgeMs = maxAgeMs
    this.#clock = clock
    this.#random = random
    this.#events = events
    this.#socket = openSocket(url, {
      opened: () => this.#opened(),
      received: (text) => this.#received(text),
      closed: () => {
        this.#end()
        this.#gone()
      },
    })
    this.#cancelHandshake = clock.after(ANSWER_MS, () => this.abandon())
  }

  ask(question: Question): void {
    const pending: Pending = { question, resending: false }
    this.#pending.set(question.ref, pending)
    // Only one until the platform answers: on a line that soon breaks, many at once would break it before any answer.
    if (this.heard || this.#pending.size < 2) this.#send(pending)
  }

  hold(held: boolean): void {
    this.#socket.hold(held)
  }

  /** Closes it with a handshake, and ignores what arrives afterwards. Resolves once it is closed, soon in any case. */
  close(): Promise<void> {
    this.#end()
    return new Promise((resolve) => {
      const cancelTimer = this.#clock.after(GOODBYE_MS, () => {
        this.#socket.terminate()
        // A browser cannot end a connection at once, and may report its end a minute later.
        this.#gone()
      })
      this.#gone = () => {
        cancelTimer()
        resolve()
      }
      this.#socket.close()
    })
  }

  /** Ends a connection that no longer answers, at once. */
  abandon(): void {
    this.#end()
    this.#socket.terminate()
  }

  #opened(): void {
    if (this.#ended) return
    this.#cancelHandshake()
    this.openedMs = this.lastSentMs = this.#clock.now()
    this.#events.opened(this)
  }

  #send(pending: Pending): void {
    pending.question.sends++
    pending.question.firstMs ??= this.#clock.now()
    pending.resending = false
    pending.cancelTimer = this.#clock.after(ANSWER_MS, () => this.abandon())
    this.lastSentMs = this.#clock.now()
    this.#socket.send(pending.question.text)
  }

  #received(text: string): void {
    if (this.#ended) return
    let frame: Partial<ServerFrame> & { ref?: number }
    try {
      frame = JSON.parse(text) ?? {}
    } catch {
      return
    }
    if (!this.heard) {
      this.heard = true
      for (const pending of this.#pending.values()) if (!pending.cancelTimer) this.#send(pending)
    }
    if (frame.type === 'jobs') {
      this.#events.pushed(frame.jobs ?? [])
    } else if (frame.ref === undefined) {
      // A push of a type that is newer than this SDK is ignored.
      if (!frame.type || frame.type === 'error') this.#resendAll()
    } else {
      const pending = this.#pending.get(frame.ref)
      if (!pending) return
      pending.cancelTimer?.()
      this.#pending.delete(frame.ref)
      pending.question.answered(frame as ServerFrame, this)
    }
  }

  /**
   * API Gateway reports a failed or throttled integration by its own frame, without our `ref`. Nobody can tell which
   * question it was, so all are sent again: ids make that harmless.
   */
  #resendAll(): void {
    for (const pending of this.#pending.values()) {
      if (pending.resending) continue
      pending.cancelTimer?.()
      pending.resending = true
      pending.cancelTimer = this.#clock.after(backoffMs(pending.question.sends, this.#random), () => {
        if (pending.question.sends < MAX_SENDS) this.#send(pending)
        else this.abandon()
      })
    }
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#cancelHandshake()
    for (const pending of this.#pending.values()) pending.cancelTimer?.()
    this.#events.connectionEnded(
      this,
      [...this.#pending.values()].map((pending) => pending.question),
    )
  }
}
