import type { Clock } from '../../../protocol/kit/clock.ts'
import type { Session, SessionRegistry } from './session-registry.ts'

/** A connection lives for at most two hours. Its entry is kept a little longer. */
const SESSION_TTL_MS = 3 * 3_600_000

/** Stores the connection that a session has now. Must end before the client is let in: pushes may follow at once. */
export async function connectSession(
  { registry, clock }: { readonly registry: SessionRegistry; readonly clock: Clock },
  session: Session,
): Promise<void> {
  const connectedAt = clock.now()
  await registry.connect({ ...session, connectedAt, expiresAt: connectedAt + SESSION_TTL_MS })
}
