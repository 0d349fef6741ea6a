import type { Session, SessionRegistry } from './session-registry.ts'

/** Forgets a session's connection; a session that has come back on another one keeps that. */
export async function disconnectSession(
  { registry }: { readonly registry: SessionRegistry },
  session: Session,
): Promise<void> {
  await registry.disconnect(session)
}
