import { ID_PATTERN } from '../../../protocol/job/id.ts'

/** What a token's signature vouches for. */
export interface TokenClaims {
  readonly ns?: unknown
  readonly sub?: unknown
  /** Epoch seconds. */
  readonly exp?: number
}

/** Resolves with the claims of a token that is genuine and has not expired, else with undefined. */
export type VerifyToken = (token: string) => Promise<TokenClaims | undefined>

/** Who calls. */
export interface Caller {
  readonly namespace: string
  readonly subject: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** Reads who calls from a token; undefined where the token is worth nothing. */
export async function authenticateToken(
  { verify }: { readonly verify: VerifyToken },
  token: string | undefined,
): Promise<Caller | undefined> {
  if (token === undefined || token === '') return undefined
  const claims = await verify(token)
  // A namespace is a part of keys: one with other characters could reach into another's.
  if (typeof claims?.ns !== 'string' || !ID_PATTERN.test(claims.ns)) return undefined
  const subject = typeof claims.sub === 'string' && claims.sub !== '' ? claims.sub : claims.ns
  return { namespace: claims.ns, subject, expiresAt: (claims.exp ?? 0) * 1_000 }
}
