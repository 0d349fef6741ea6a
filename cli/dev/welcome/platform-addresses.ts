import { findPlatforms } from '../../target/stack.ts'
import { readLocalTokenSecret, signToken } from '../../token.ts'

/** The addresses of one platform in a local cloud, and a token for it. */
export interface PlatformAddresses {
  /** The construct's id, or an empty text. */
  readonly name: string
  readonly url: string
  readonly socketUrl: string
  readonly token: string
}

const TOKEN_LIFETIME_SECONDS = 365 * 24 * 3600

/** Finds the platforms of a cloud by the outputs of its stacks, and signs a token for each. */
export function openPlatforms(
  { endpoint, outputs }: { readonly endpoint: string; readonly outputs: Readonly<Record<string, string>> },
  namespace: string,
): Promise<PlatformAddresses[]> {
  const claims = { namespace, subject: 'local', expiresInSeconds: TOKEN_LIFETIME_SECONDS }
  return Promise.all(
    findPlatforms(new Map(Object.entries(outputs))).map(async ({ prefix, restUrl, tokenSecretArn }) => {
      const secret = await readLocalTokenSecret(tokenSecretArn, endpoint)
      const token = await signToken(secret, claims)
      return { name: prefix, url: restUrl, socketUrl: outputs[`${prefix}SocketUrl`]!, token }
    }),
  )
}
