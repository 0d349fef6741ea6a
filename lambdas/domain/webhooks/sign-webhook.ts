const PREFIX = 'whsec_'

/**
 * Derives the secret of a namespace's webhooks from the deployment's secret, so that it need not be stored. It reveals
 * neither the deployment's secret nor another namespace's.
 */
export async function deriveNamespaceSecret(deploymentSecret: string, namespace: string): Promise<string> {
  const hash = await hmac(new TextEncoder().encode(deploymentSecret), `jobwire webhooks of ${namespace}`)
  return `${PREFIX}${toBase64(hash)}`
}

/** Makes the header `webhook-signature` of the Standard Webhooks specification, with one signature for each secret. */
export async function signWebhook(
  secrets: readonly string[],
  { id, timestamp, body }: { readonly id: string; readonly timestamp: string; readonly body: string },
): Promise<string> {
  const signatures = await Promise.all(
    secrets.map(async (secret) => {
      const key = Uint8Array.from(atob(secret.slice(PREFIX.length)), (character) => character.charCodeAt(0))
      return `v1,${toBase64(await hmac(key, `${id}.${timestamp}.${body}`))}`
    }),
  )
  return signatures.join(' ')
}

async function hmac(key: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, new TextEncoder().encode(text)))
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}
