import { existsSync, readFileSync } from 'node:fs'
import { writeAtomically } from '../../atomic-file.ts'

export interface Secret {
  readonly name: string
  readonly arn: string
  readonly description?: string
  readonly value: string
  readonly versionId: string
  /** The previous version. */
  readonly previous?: { readonly value: string; readonly versionId: string }
  readonly createdMs: number
}

/** Secrets by name, in memory, and also in a file if a path is given. */
export interface SecretStore {
  get(name: string): Secret | undefined
  put(secret: Secret): void
  all(): Secret[]
}

/** Opens the store. A secret is on disk before `put` returns. */
export function openSecretStore(path: string | undefined): SecretStore {
  const secrets = new Map((path === undefined ? [] : readSecrets(path)).map((secret) => [secret.name, secret]))
  return {
    get: (name) => secrets.get(name),
    put(secret) {
      secrets.set(secret.name, secret)
      if (path !== undefined) writeAtomically(path, JSON.stringify([...secrets.values()], null, 2))
    },
    all: () => [...secrets.values()],
  }
}

function readSecrets(path: string): Secret[] {
  if (!existsSync(path)) return []
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Secret[]
  } catch (error) {
    throw new Error(`${path} cannot be read. Restore it, or delete it for new secrets.`, { cause: error })
  }
}
