import { ID_PATTERN } from '../../../protocol/job/id.ts'
import type { VerifyToken } from './verify-token.ts'

/** The last moment that a JavaScript date can name. */
const LAST_MOMENT_MS = 8_640_000_000_000_000
/** The limit of OpenID Connect. */
const MAX_SUBJECT_LENGTH = 255

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
  const expiresAt = (claims.exp ?? 0) * 1_000
  // API Gateway would make a 500 of an answer that JSON cannot carry, or that is longer than 8 KB.
  if (!(expiresAt <= LAST_MOMENT_MS) || subject.length > MAX_SUBJECT_LENGTH) return undefined
  return { namespace: claims.ns, subject, expiresAt }
}
