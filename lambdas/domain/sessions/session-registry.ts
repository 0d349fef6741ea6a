/** A client's lasting identity across reconnects, and the connection it has now. */
export interface Session {
  readonly namespace: string
  readonly session: string
  readonly connectionId: string
}

/** Which connection a session has now. */
export interface SessionRegistry {
  connect(session: Session & { readonly connectedAt: number; readonly expiresAt: number }): Promise<void>
  /** Forgets the session, unless it has another connection by now. */
  disconnect(session: Session): Promise<void>
  /** Strongly consistent: asked when a connection turned out to be gone. */
  connectionOf(namespace: string, session: string): Promise<string | undefined>
}
