import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { GetSecretValueCommand, ResourceNotFoundException } from '@aws-sdk/client-secrets-manager'
import type { Clock } from '../../../protocol/kit/clock.ts'
import { deriveNamespaceSecret } from '../../domain/webhooks/sign-webhook.ts'
import type { WebhookSecrets } from '../../domain/webhooks/webhook-secrets.ts'

/** A changed secret is used after this time at the latest. */
const KEPT_MS = 10 * 60_000

/**
 * The secrets of namespaces, derived from the deployment's secret. After a change, Secrets Manager keeps the previous
 * secret too. Then each namespace has two, and a receiver has until the next change to take the new one.
 */
export function createWebhookSecrets(client: SecretsManagerClient, secretId: string, clock: Clock): WebhookSecrets {
  let fetchedAt = -Infinity
  let fetched: Promise<readonly string[]> | undefined

  function currentSecrets(): Promise<readonly string[]> {
    if (fetched === undefined || clock.now() - fetchedAt > KEPT_MS) {
      fetchedAt = clock.now()
      fetched = fetchWebhookSecrets(client, secretId).catch((error: unknown) => {
        fetched = undefined
        throw error
      })
    }
    return fetched
  }

  return async (namespace) => {
    const secrets = await currentSecrets()
    return Promise.all(secrets.map((secret) => deriveNamespaceSecret(secret, namespace)))
  }
}

async function fetchWebhookSecrets(client: SecretsManagerClient, secretId: string): Promise<string[]> {
  const [present, previous] = await Promise.all([
    fetchSecretStage(client, secretId, 'AWSCURRENT'),
    fetchSecretStage(client, secretId, 'AWSPREVIOUS').catch((error: unknown) => {
      if (error instanceof ResourceNotFoundException) return undefined
      throw error
    }),
  ])
  if (!present)
    throw new Error(`The secret ${secretId} is empty: put a random string of 32 characters or more into it.`)
  return previous ? [present, previous] : [present]
}

async function fetchSecretStage(
  client: SecretsManagerClient,
  secretId: string,
  stage: string,
): Promise<string | undefined> {
  const { SecretString: text } = await client.send(
    new GetSecretValueCommand({ SecretId: secretId, VersionStage: stage }),
  )
  return text
}
