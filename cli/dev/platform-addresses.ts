import { readLocalTokenSecret, signToken } from '../token.ts'

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
  const names = Object.keys(outputs).flatMap((name) => /^(.*)RestUrl$/.exec(name)?.[1] ?? [])
  const found = names.flatMap((name) => {
    const [url, socketUrl, secretId] = ['RestUrl', 'SocketUrl', 'TokenSecretArn'].map((end) => outputs[name + end])
    return url === undefined || socketUrl === undefined || secretId === undefined
      ? []
      : [{ name, url, socketUrl, secretId }]
  })
  return Promise.all(
    found.map(async ({ secretId, ...addresses }) => {
      const secret = await readLocalTokenSecret(secretId, endpoint)
      const claims = { namespace, subject: 'local', expiresInSeconds: TOKEN_LIFETIME_SECONDS }
      return { ...addresses, token: await signToken(secret, claims) }
    }),
  )
}
