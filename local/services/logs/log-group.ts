/** One line of a log, as it was written. */
export interface LogEvent {
  /** Grows with every event of the cloud. */
  readonly sequence: number
  readonly streamName: string
  /** Epoch milliseconds. */
  readonly timestamp: number
  readonly message: string
}

export interface LogStream {
  readonly name: string
  readonly createdAt: number
  firstEventAt?: number
  lastEventAt?: number
}

/** AWS counts this for each event besides its message. */
const EVENT_OVERHEAD_BYTES = 26
/** A group keeps its newest events up to these limits, which are ours: it is in memory. */
const MAX_EVENTS = 20_000
const MAX_BYTES = 16 * 1024 * 1024
/** The events that go at once when a limit is reached, so that a full group is not copied for every line. */
const DROPPED_SHARE = 0.1

/** One log group: its newest events, in memory. */
export class LogGroup {
  readonly name: string
  readonly createdAt: number
  retentionInDays: number | undefined
  readonly #streams = new Map<string, LogStream>()
  #events: LogEvent[] = []
  #bytes = 0

  constructor(name: string, createdAt: number, retentionInDays?: number) {
    this.name = name
    this.createdAt = createdAt
    this.retentionInDays = retentionInDays
  }

  get bytes(): number {
    return this.#bytes
  }

  get streams(): LogStream[] {
    return [...this.#streams.values()]
  }

  stream(name: string): LogStream | undefined {
    return this.#streams.get(name)
  }

  /** Returns the events in the order of their time. */
  get events(): readonly LogEvent[] {
    return this.#events
  }

  write(event: LogEvent): void {
    const stream = this.#openStream(event)
    stream.firstEventAt ??= event.timestamp
    stream.lastEventAt = event.timestamp
    this.#bytes += sizeOf(event)
    this.#events.push(event)
    if (this.#events.length > MAX_EVENTS || this.#bytes > MAX_BYTES) this.#dropOldest()
  }

  #openStream({ streamName, timestamp }: LogEvent): LogStream {
    const open = this.#streams.get(streamName)
    if (open !== undefined) return open
    const stream = { name: streamName, createdAt: timestamp }
    this.#streams.set(streamName, stream)
    return stream
  }

  /** Streams stay for as long as they have events. */
  #dropOldest(): void {
    let count = 0
    while (count < this.#events.length * DROPPED_SHARE || this.#bytes > MAX_BYTES * (1 - DROPPED_SHARE)) {
      this.#bytes -= sizeOf(this.#events[count]!)
      count++
    }
    this.#events = this.#events.slice(count)
    const left = new Set(this.#events.map(({ streamName }) => streamName))
    for (const name of this.#streams.keys()) if (!left.has(name)) this.#streams.delete(name)
  }
}

/** UTF-16 units are close enough to bytes for a limit of ours. */
function sizeOf({ message }: LogEvent): number {
  return message.length + EVENT_OVERHEAD_BYTES
}
