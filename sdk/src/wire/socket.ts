/** The part of a WebSocket that the SDK needs. */
export interface Socket {
  send(text: string): void
  /** Begins the closing handshake. */
  close(): void
  /** Ends it at once, if the runtime can. */
  terminate(): void
  /** While `held` is true, it keeps the process alive. Does nothing in a browser. */
  hold(held: boolean): void
}

export interface SocketEvents {
  opened(): void
  received(text: string): void
  /** Called once, also for a connection that never opened. */
  closed(): void
}

export type OpenSocket = (url: string, events: SocketEvents) => Socket
