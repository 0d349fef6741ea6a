import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { errors, jwtVerify } from 'jose'
import type { VerifyToken } from '../../domain/sessions/verify-token.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'

/** A rotated secret is used after this time at the latest. */
const KEPT_MS = 10 * 60_000

/** Verifies HS256 tokens with a secret from Secrets Manager, which is fetched once and kept for ten minutes. */
export function createTokenVerifier(client: SecretsManagerClient, secretId: string, clock: Clock): VerifyToken {
  let fetchedAt = -Infinity
  let secret: Promise<Uint8Array> | undefined

  function currentSecret(): Promise<Uint8Array> {
    if (secret === undefined || clock.now() - fetchedAt > KEPT_MS) {
      fetchedAt = clock.now()
      secret = fetchTokenSecret(client, secretId).catch((error: unknown) => {
        secret = undefined
        throw error
      })
    }
    return secret
  }

  return async (token) => {
    const key = await currentSecret()
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: ['HS256'],
        requiredClaims: ['exp'],
        currentDate: new Date(clock.now()),
      })
      return payload
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined
      throw error
    }
  }
}

async function fetchTokenSecret(client: SecretsManagerClient, secretId: string): Promise<Uint8Array> {
  const { SecretString: text } = await client.send(new GetSecretValueCommand({ SecretId: secretId }))
  if (!text) throw new Error(`The secret ${secretId} is empty: put a random string of 32 characters or more into it.`)
  return new TextEncoder().encode(text)
}
