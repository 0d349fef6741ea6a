import { existsSync, readFileSync } from 'node:fs'
import { writeAtomically } from '../../atomic-file.ts'
import type { SecretVersion } from './secret-versions.ts'

export interface Tag {
  readonly Key: string
  readonly Value: string
}

export interface Secret {
  readonly name: string
  readonly arn: string
  readonly description?: string
  readonly kmsKeyId?: string
  readonly tags?: readonly Tag[]
  /** The oldest first. A secret may have no value yet. */
  readonly versions: readonly SecretVersion[]
  readonly createdMs: number
  readonly changedMs: number
  /** Set while its deletion is planned. */
  readonly deletion?: { readonly askedMs: number; readonly dueMs: number }
}

/** Secrets by name, in memory, and also in a file if a path is given. */
export interface SecretStore {
  get(name: string): Secret | undefined
  put(secret: Secret): void
  remove(secret: Secret): void
  /** The oldest first. */
  all(): Secret[]
}

/** Opens the store. A secret is on disk before `put` returns. */
export function openSecretStore(path: string | undefined): SecretStore {
  const secrets = new Map((path === undefined ? [] : readSecrets(path)).map((secret) => [secret.name, secret]))
  const save = (): void => {
    if (path !== undefined) writeAtomically(path, JSON.stringify([...secrets.values()], null, 2))
  }
  return {
    get: (name) => secrets.get(name),
    put(secret) {
      secrets.set(secret.name, secret)
      save()
    },
    remove(secret) {
      if (secrets.delete(secret.name)) save()
    },
    all: () => [...secrets.values()],
  }
}

/** A secret as files of earlier versions have it. */
interface EarlierSecret {
  readonly name: string
  readonly arn: string
  readonly description?: string
  readonly value: string
  readonly versionId: string
  readonly previous?: { readonly value: string; readonly versionId: string }
  readonly createdMs: number
}

function readSecrets(path: string): Secret[] {
  if (!existsSync(path)) return []
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as (Secret | EarlierSecret)[]).map(readSecret)
  } catch (error) {
    throw new Error(`${path} cannot be read. Restore it, or delete it for new secrets.`, { cause: error })
  }
}

function readSecret(stored: Secret | EarlierSecret): Secret {
  if ('versions' in stored) return stored
  const { value, versionId, previous, ...secret } = stored
  const version = (stage: string, text: string, id: string): SecretVersion => ({
    id,
    stages: [stage],
    string: text,
    createdMs: stored.createdMs,
  })
  return {
    ...secret,
    changedMs: stored.createdMs,
    versions: [
      ...(previous === undefined ? [] : [version('AWSPREVIOUS', previous.value, previous.versionId)]),
      version('AWSCURRENT', value, versionId),
    ],
  }
}
