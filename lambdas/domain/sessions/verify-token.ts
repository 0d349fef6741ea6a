/** The claims that a token's signature vouches for. */
export interface TokenClaims {
  readonly ns?: unknown
  readonly sub?: unknown
  /** Epoch seconds. */
  readonly exp?: number
}

/** Resolves with the claims of a token that is genuine and has not expired, and with undefined for any other. */
export type VerifyToken = (token: string) => Promise<TokenClaims | undefined>
