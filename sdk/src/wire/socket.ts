/** One WebSocket, as far as the SDK needs it. */
export interface Socket {
  send(text: string): void
  /** Begins the closing handshake. */
  close(): void
  /** Ends it at once, where the platform can. */
  terminate(): void
  /** Whether it keeps the process alive. Means nothing in a browser. */
  hold(held: boolean): void
}

export interface SocketEvents {
  opened(): void
  received(text: string): void
  /** Called once, also for a connection that never opened. */
  closed(): void
}

export type OpenSocket = (url: string, events: SocketEvents) => Socket
