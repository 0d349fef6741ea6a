import { ID_PATTERN } from '../../../protocol/job/id.ts'
import type { VerifyToken } from './verify-token.ts'

/** The caller that a token names. */
export interface Caller {
  readonly namespace: string
  readonly subject: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** Reads the caller from a token. Returns undefined if the token is missing, invalid or expired. */
export async function authenticateToken(
  { verify }: { readonly verify: VerifyToken },
  token: string | undefined,
): Promise<Caller | undefined> {
  if (token === undefined || token === '') return undefined
  const claims = await verify(token)
  // A namespace is a part of keys: with other characters it could reach into another namespace.
  if (typeof claims?.ns !== 'string' || !ID_PATTERN.test(claims.ns)) return undefined
  const subject = typeof claims.sub === 'string' && claims.sub !== '' ? claims.sub : claims.ns
  return { namespace: claims.ns, subject, expiresAt: (claims.exp ?? 0) * 1_000 }
}
