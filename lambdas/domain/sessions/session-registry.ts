/** The identity of a client, which stays the same when it reconnects, with the connection that it has now. */
export interface Session {
  readonly namespace: string
  readonly session: string
  readonly connectionId: string
}

/** Keeps the connection that each session has now. */
export interface SessionRegistry {
  connect(session: Session & { readonly connectedAt: number; readonly expiresAt: number }): Promise<void>
  /** Deletes the session, unless it has another connection by now. */
  disconnect(session: Session): Promise<void>
  /** Reads strongly consistent, because the caller has just found a connection gone. */
  connectionOf(namespace: string, session: string): Promise<string | undefined>
}
