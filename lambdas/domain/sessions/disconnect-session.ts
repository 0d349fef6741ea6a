import type { Session, SessionRegistry } from './session-registry.ts'

/** Deletes the connection of a session. A session that has connected again keeps its new connection. */
export async function disconnectSession(
  { registry }: { readonly registry: SessionRegistry },
  session: Session,
): Promise<void> {
  await registry.disconnect(session)
}
