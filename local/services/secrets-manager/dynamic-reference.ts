import { AssemblyError } from '../../assembly/assembly-error.ts'
import type { Secret } from './secret-store.ts'
import { CURRENT, versionAt } from './secret-versions.ts'

const REFERENCE =
  /^secretsmanager:((?:arn:(?:[^:]*:){5}[^:]+)|[^:]+)(?::SecretString)?(?::([^:]*))?(?::([^:]*))?(?::([^:]*))?$/

/**
 * Reads `secretsmanager:<name or ARN>:SecretString:<key>:<stage>:<version>`: the value of a secret, or one member of
 * its JSON. Returns undefined for the reference of another service, and for a secret or a version that is
 * not here.
 */
export function resolveSecretReference(
  reference: string,
  find: (secretId: string) => Secret | undefined,
): string | undefined {
  const match = REFERENCE.exec(reference)
  const secret = match === null ? undefined : find(match[1]!)
  if (secret === undefined) return undefined
  const [, , key, stage, versionId] = match!
  const version =
    versionId === undefined || versionId === ''
      ? versionAt(secret.versions, stage || CURRENT)
      : secret.versions.find(({ id }) => id === versionId)
  const value = version?.string
  if (value === undefined || key === undefined || key === '') return value
  try {
    const member = (JSON.parse(value) as Record<string, unknown>)[key]
    if (typeof member === 'string' || typeof member === 'number') return String(member)
  } catch {
    // The error below names what is missing.
  }
  throw new AssemblyError(`The secret ${secret.name} has no member ${key} in its JSON (${reference}).`)
}
