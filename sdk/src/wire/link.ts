import type { JobUpdate } from '../../../protocol/job/job.ts'
import { Connection } from './connection.ts'
import type { Question } from './connection.ts'
import { JobwireError } from '../api/errors.ts'
import { isFinalCode } from '../api/error-codes.ts'
import { ANSWER_MS, backoffMs, FALLBACK_AFTER, MAX_SENDS, PING_EVERY_MS, POLLING_MS } from '../time/pace.ts'
import { REPLACE_AFTER_MS, REPLACE_SPREAD_MS, SUBMIT_PATIENCE_MS } from '../time/pace.ts'
import type { OpenSocket } from './socket.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import { waitWithin } from '../time/wait.ts'

export interface LinkEvents {
  /** A connection has become the current one: every job that somebody waits for must be watched on it. */
  opened(connection: Connection): void
  connectionLost(connection: Connection): void
  pushed(updates: readonly JobUpdate[]): void
  /** No connection could be made for so long that no submit should wait any longer. */
  unreachable(error: JobwireError): void
  /** No further attempt can succeed: the token is refused, or something else answers at that address. */
  denied(error: JobwireError): void
  /** A connection was made, was lost, or is being made again. */
  stateChanged(state: ConnectionState): void
}

export type ConnectionState = 'online' | 'offline' | 'reconnecting'

export interface LinkOptions {
  /** Returns the address to connect to. With `check`, the platform is asked for it again after a failed attempt. */
  readonly address: (check: boolean) => Promise<string>
  readonly openSocket: OpenSocket
  /** Opened instead of a socket when sockets are blocked although the platform answers. */
  readonly openInstead: (() => Promise<OpenSocket>) | undefined
  readonly clock: Clock
  readonly random: () => number
  readonly events: LinkEvents
}

/**
 * Keeps a connection over the loss of single connections: opens one on first need, opens another when it is lost while
 * something waits, keeps it from idling, and replaces it before it grows too old.
 */
export class Link {
  readonly #options: LinkOptions
  #current: Connection | undefined
  #opening: { connection?: Connection } | undefined
  /** Replaced connections that may still bring an answer, each with the function that cancels the timer of its end. */
  readonly #draining = new Map<Connection, () => void>()
  /** Durable questions that wait for a connection. */
  #backlog: Question[] = []
  #busy = false
  #closed = false
  #failures = 0
  /** The number of sockets in a row that failed although the platform seemed to answer. */
  #blocked = 0
  #state: ConnectionState | undefined
  #failingSinceMs: number | undefined
  #cancelRetry: (() => void) | undefined
  #cancelUpkeep: (() => void) | undefined
  #nextRef = 1
  readonly #spreadMs: number

  constructor(options: LinkOptions) {
    this.#options = options
    this.#spreadMs = options.random() * REPLACE_SPREAD_MS
  }

  get current(): Connection | undefined {
    return this.#current
  }

  isLive(connection: object | undefined): boolean {
    return !!connection && (connection === this.#current || this.#draining.has(connection as Connection))
  }

  nextRef(): number {
    return this.#nextRef++
  }

  /** Asks for a connection. */
  need(): void {
    if (!this.#current && !this.#cancelRetry) void this.#open()
  }

  ask(question: Question): void {
    if (this.#current) this.#current.ask(question)
    else this.#backlog.push(question)
  }

  /** `busy` is true while anything waits. Only then the connection is kept, and the process with it. */
  setBusy(busy: boolean): void {
    this.#busy = busy
    this.#current?.hold(busy)
    if (!busy) {
      this.#cancelRetry?.()
      this.#cancelRetry = undefined
      this.#failingSinceMs = undefined
      this.#abandonOpening()
      for (const connection of [...this.#draining.keys()]) void connection.close()
    }
    this.#scheduleUpkeep()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#backlog = []
    const current = this.#current
    this.setBusy(false)
    await current?.close()
  }

  #abandonOpening(): void {
    const opening = this.#opening
    this.#opening = undefined
    opening?.connection?.abandon()
  }

  async #open(): Promise<void> {
    if (this.#opening || this.#closed) return
    const { address, openInstead, clock, random } = this.#options
    const attempt: { connection?: Connection } = (this.#opening = {})
    if (this.#state && !this.#current) this.#tell('reconnecting')
    // While the replacement of a socket is the connection, a socket is tried again.
    const instead = !this.#current && this.#blocked >= FALLBACK_AFTER ? openInstead : undefined
    let answers = false
    try {
      // The token callback may never settle.
      const url = await waitWithin<string>(clock, { timeout: ANSWER_MS }, undefined, (resolve, reject) => {
        address(this.#failures > 0).then(resolve, reject)
      })
      const openSocket = (await instead?.()) ?? this.#options.openSocket
      if (this.#opening !== attempt) return
      answers = true
      const maxAgeMs = instead ? POLLING_MS : REPLACE_AFTER_MS - this.#spreadMs
      attempt.connection = new Connection({
        url,
        openSocket,
        maxAgeMs,
        clock,
        random,
        events: {
          opened: (connection) => this.#opened(connection),
          pushed: (updates) => this.#options.events.pushed(updates),
          connectionEnded: (connection, unanswered) => this.#ended(connection, unanswered),
        },
      })
    } catch (error) {
      // In some edge runtimes there are no sockets, and a page may not be allowed to open one: that is no outage.
      if (this.#opening === attempt) this.#openFailed(error, answers)
    }
  }

  #opened(connection: Connection): void {
    const { events, clock } = this.#options
    const replaced = this.#current
    this.#opening = undefined
    this.#failingSinceMs = undefined
    this.#current = connection
    connection.hold(this.#busy)
    this.#tell('online')
    if (replaced) {
      const cancelTimer = clock.after(ANSWER_MS, () => void replaced.close())
      this.#draining.set(replaced, cancelTimer)
    }
    for (const question of this.#backlog.splice(0)) connection.ask(question)
    events.opened(connection)
    this.#scheduleUpkeep()
  }

  #openFailed(error: unknown, answers: boolean): void {
    const { events, clock } = this.#options
    this.#opening = undefined
    this.#failures++
    // If nothing answers at all, it is not the sockets that are blocked.
    this.#blocked = answers ? this.#blocked + 1 : 0
    if (!this.#current) {
      this.#tell('offline')
      if (JobwireError.is(error) && isFinalCode(error.code)) {
        this.#backlog = []
        events.denied(error)
      } else {
        this.#failingSinceMs ??= clock.now()
        if (clock.now() - this.#failingSinceMs >= SUBMIT_PATIENCE_MS) {
          this.#backlog = []
          const message = 'No connection could be made. Submitting the same id again is safe.'
          events.unreachable(
            JobwireError.is(error) ? error : new JobwireError('UNREACHABLE', message, { cause: error }),
          )
        }
      }
    }
    this.#retryLater()
  }

  #ended(connection: Connection, unanswered: readonly Question[]): void {
    if (this.#opening?.connection === connection) return this.#openFailed(undefined, true)
    this.#draining.get(connection)?.()
    this.#draining.delete(connection)
    if (connection.heard) this.#failures = this.#blocked = 0
    // If nothing waits, we have ended it ourselves.
    else if (this.#busy) {
      this.#failures++
      this.#blocked++
    }
    if (this.#current === connection) {
      this.#current = undefined
      this.#tell('offline')
      this.#options.events.connectionLost(connection)
    }
    for (const question of unanswered) {
      const ageMs = this.#options.clock.now() - (question.firstMs ?? 0)
      if (question.durable && (question.sends < MAX_SENDS || ageMs < SUBMIT_PATIENCE_MS)) this.ask(question)
      else question.failed(noAnswer())
    }
    this.#scheduleUpkeep()
    if (!this.#current) this.#retryLater()
  }

  #retryLater(): void {
    if (!this.#busy || this.#closed || this.#cancelRetry || this.#opening) return
    const { random, clock } = this.#options
    this.#cancelRetry = clock.after(backoffMs(this.#failures, random), () => {
      this.#cancelRetry = undefined
      void this.#open()
    })
  }

  /** Sets one timer for both a ping after long silence and the replacement before the age limit. */
  #scheduleUpkeep(): void {
    this.#cancelUpkeep?.()
    this.#cancelUpkeep = undefined
    const current = this.#current
    if (!this.#busy || !current) return
    const { clock } = this.#options
    const replacing = this.#opening || this.#cancelRetry
    const pingAtMs = current.lastSentMs + PING_EVERY_MS
    const replaceAtMs = replacing ? Infinity : current.openedMs + current.maxAgeMs
    const delayMs = Math.max(0, Math.min(pingAtMs, replaceAtMs) - clock.now())
    this.#cancelUpkeep = clock.after(delayMs, () => {
      if (clock.now() >= replaceAtMs) void this.#open()
      else if (clock.now() >= current.lastSentMs + PING_EVERY_MS) this.#ping(current)
      this.#scheduleUpkeep()
    })
  }

  #tell(state: ConnectionState): void {
    if (state === this.#state || this.#closed) return
    this.#state = state
    this.#options.events.stateChanged(state)
  }

  #ping(connection: Connection): void {
    const ref = this.nextRef()
    const text = JSON.stringify({ type: 'ping', ref })
    connection.ask({ ref, text, durable: false, sends: 0, answered() {}, failed() {} })
  }
}

function noAnswer(): JobwireError {
  return new JobwireError('NO_ANSWER', 'No answer came. Submitting the same id again is safe.')
}
