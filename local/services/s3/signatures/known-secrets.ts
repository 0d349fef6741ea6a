import type { SignatureCheck } from './signatures.ts'

/** The secret that documents of local clouds use. */
const USUAL_SECRET = 'test'

/**
 * The secrets of access keys. Those of functions are made here. Any other key is the account's owner's, and its secret
 * is known only once a signature has shown it: the same text as the key, `test`, or the one in this process's
 * environment.
 */
export class KnownSecrets {
  readonly #secretOf: (accessKeyId: string) => string | undefined
  readonly #shown = new Map<string, string>()

  constructor(secretOf: (accessKeyId: string) => string | undefined) {
    this.#secretOf = secretOf
  }

  /** Learns the secret of an owner's key from a signature. */
  learn(accessKeyId: string, check: SignatureCheck): void {
    if (this.#find(accessKeyId) !== undefined) return
    const secret = this.#guesses(accessKeyId).find((guess) => check(guess))
    if (secret !== undefined) this.#shown.set(accessKeyId, secret)
  }

  /** Returns false if a signature is wrong. One whose secret is not known passes. */
  accepts(accessKeyId: string, check: SignatureCheck): boolean {
    this.learn(accessKeyId, check)
    const secret = this.#find(accessKeyId)
    return secret === undefined || check(secret)
  }

  #find(accessKeyId: string): string | undefined {
    const known = this.#secretOf(accessKeyId) ?? this.#shown.get(accessKeyId)
    return known ?? (accessKeyId === USUAL_SECRET ? USUAL_SECRET : undefined)
  }

  #guesses(accessKeyId: string): string[] {
    const { AWS_ACCESS_KEY_ID: ownKey, AWS_SECRET_ACCESS_KEY: ownSecret } = process.env
    const own = ownKey === accessKeyId && ownSecret !== undefined ? [ownSecret] : []
    return [...own, accessKeyId, USUAL_SECRET]
  }
}
