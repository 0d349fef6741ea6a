import type { WebSocket } from 'ws'
import type { CloudContext } from '../../context.ts'
import type { AuthorizerContext } from '../execute-api/authorizer.ts'

/** API Gateway's limit for one message, in either direction. */
export const MAX_MESSAGE_BYTES = 128 * 1024
const METERED_BYTES = 32 * 1024
const IDLE_LIMIT_MS = 10 * 60_000
const LIFETIME_LIMIT_MS = 2 * 60 * 60_000
/** The bytes that a slow client may leave unread before posters are told to slow down. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024

/** The facts about a connection that are known before it opens. Events carry them. */
export interface ConnectionOrigin {
  readonly id: string
  readonly apiId: string
  readonly apiName: string
  readonly stage: string
  readonly stageVariables: Readonly<Record<string, string>>
  readonly connectedAt: number
  readonly sourceIp: string
  readonly userAgent?: string
  readonly authorizer?: AuthorizerContext
}

/** The way in which a connection ended. */
export interface Disconnection {
  readonly code: number
  readonly reason: string
}

/** An open connection with API Gateway's limits of size and time. */
export class Connection {
  readonly origin: ConnectionOrigin
  readonly #socket: WebSocket
  readonly #context: CloudContext
  readonly #onEnd: (disconnection: Disconnection) => void
  readonly #cancelLifetime: () => void
  #cancelIdle: () => void = () => {}
  #lastActiveAt: number
  #ended = false

  constructor(
    origin: ConnectionOrigin,
    socket: WebSocket,
    context: CloudContext,
    /** Called once, when no message goes in or out any more. */
    onEnd: (disconnection: Disconnection) => void,
  ) {
    this.origin = origin
    this.#socket = socket
    this.#context = context
    this.#onEnd = onEnd
    this.#lastActiveAt = context.clock.now()
    const age = context.clock.now() - origin.connectedAt
    this.#cancelLifetime = context.clock.after(LIFETIME_LIMIT_MS - age, () => this.close(1001, 'Going away'))
    this.#watchIdleness(IDLE_LIMIT_MS)
    context.meter.count('connectionMinute', origin.apiName)
  }

  get lastActiveAt(): number {
    return this.#lastActiveAt
  }

  /** True once it was closed from this side or has ended. */
  get isEnded(): boolean {
    return this.#ended
  }

  /** True while the client reads so slowly that nothing more should be queued for it. */
  get isCongested(): boolean {
    return this.#socket.bufferedAmount > MAX_BUFFERED_BYTES
  }

  /** Notes a message of the client: it resets the idle limit and is billed. */
  received(bytes: number): void {
    this.#active('socketMessageIn', bytes)
  }

  /** Sends a text message. API Gateway sends no other kind. */
  send(message: string): void {
    if (this.#ended) return
    this.#active('socketMessageOut', Buffer.byteLength(message))
    this.#socket.send(message, { binary: false })
  }

  /** Ends the connection from this side. For events and posters it has ended at once. */
  close(code: number, reason: string): void {
    if (this.#ended) return
    this.#socket.close(code, reason)
    this.ended({ code, reason })
  }

  /** Breaks the connection as a network failure does: the client is told nothing, but `$disconnect` runs. */
  cut(): void {
    this.#socket.terminate()
    this.ended({ code: 1006, reason: 'Connection Closed Abnormally' })
  }

  /** Drops the socket without a close frame and without `$disconnect`, for the end of the process. */
  terminate(): void {
    this.#stop()
    this.#socket.terminate()
  }

  /** Notes that the connection has ended, from whichever side. */
  ended(disconnection: Disconnection): void {
    if (this.#ended) return
    this.#stop()
    const minutes = Math.ceil((this.#context.clock.now() - this.origin.connectedAt) / 60_000)
    // The first minute was counted when it began.
    if (minutes > 1) this.#context.meter.count('connectionMinute', this.origin.apiName, minutes - 1)
    this.#onEnd(disconnection)
  }

  #stop(): void {
    this.#ended = true
    this.#cancelLifetime()
    this.#cancelIdle()
  }

  #active(unit: 'socketMessageIn' | 'socketMessageOut', bytes: number): void {
    this.#lastActiveAt = this.#context.clock.now()
    const steps = Math.max(1, Math.ceil(bytes / METERED_BYTES))
    this.#context.meter.count(unit, this.origin.apiName, steps)
  }

  /** Uses one timer for the whole connection instead of one for each message: it checks when it rings. */
  #watchIdleness(delayMs: number): void {
    this.#cancelIdle = this.#context.clock.after(delayMs, () => {
      const left = this.#lastActiveAt + IDLE_LIMIT_MS - this.#context.clock.now()
      if (left > 0) this.#watchIdleness(left)
      else this.close(1001, 'Going away')
    })
  }
}
