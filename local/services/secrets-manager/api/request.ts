import type { Clock } from '../../../clock.ts'
import type { AwsCall } from '../../../wire/call.ts'
import type { Secret, SecretStore, Tag } from '../secret-store.ts'
import { invalidParameter, invalidRequest, secretNotFound, validationError } from './errors.ts'

/** The things that every operation is given. */
export interface Deps {
  readonly store: SecretStore
  readonly clock: Clock
  /** Returns the ARN of the secret of a name, whether there is one or not. */
  readonly arnOf: (name: string) => string
}

export type Input = Readonly<Record<string, unknown>>

/** One operation: the members that it takes, and its answer. */
export interface Operation {
  readonly members: readonly string[]
  /** Returns the ARN that it needs a permission for: `*` for all secrets. */
  readonly resourceArn: (input: Input, deps: Deps) => string
  readonly run: (input: Input, deps: Deps) => object
}

/** Throws for a member that the operation does not implement. */
export function readInput(call: AwsCall, { members }: Operation): Input {
  const input = call.input()
  const strange = Object.keys(input).find((member) => !members.includes(member) && input[member] !== null)
  if (strange === undefined) return input
  throw validationError(`The local cloud does not implement ${strange} of ${call.operation}. Leave it out.`)
}

export function optionalText(input: Input, member: string): string | undefined {
  const value = input[member]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw validationError(`${member} must be a text.`)
  return value
}

export function requiredText(input: Input, member: string): string {
  const value = optionalText(input, member)
  if (value === undefined || value === '') throw validationError(`${member} must be a text that is not empty.`)
  return value
}

export function optionalFlag(input: Input, member: string): boolean {
  const value = input[member] ?? false
  if (typeof value !== 'boolean') throw validationError(`${member} must be true or false.`)
  return value
}

export function optionalInteger(input: Input, member: string, least: number, most: number): number | undefined {
  const value = input[member]
  if (value === undefined || value === null) return undefined
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number
  throw validationError(`${member} must be a whole number from ${least} to ${most}.`)
}

export function optionalTextList(input: Input, member: string): readonly string[] | undefined {
  const value = input[member]
  if (value === undefined || value === null) return undefined
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw validationError(`${member} must be a list of texts.`)
}

export function readTags(input: Input): readonly Tag[] {
  const tags = input['Tags'] ?? []
  if (!Array.isArray(tags)) throw validationError('Tags must be a list.')
  return (tags as readonly unknown[]).map((tag) => {
    const { Key: key, Value: value = '' } = (tag ?? {}) as Readonly<Record<string, unknown>>
    if (typeof key !== 'string' || key === '' || typeof value !== 'string') {
      throw invalidParameter('A tag must have a Key and a Value.')
    }
    if (/^aws:/i.test(key)) throw invalidParameter(`The key ${key} is reserved: a tag's key cannot begin with aws:.`)
    return { Key: key, Value: value }
  })
}

/** Finds a secret by its name, its ARN, or its ARN without the characters at the end. Its deletion may be planned. */
export function findSecret({ store, clock }: Deps, secretId: string): Secret | undefined {
  dropDeleted(store, clock.now())
  return store
    .all()
    .find(({ name, arn }) => name === secretId || arn === secretId || arn.slice(0, -'-xxxxxx'.length) === secretId)
}

export function requireSecretEvenDeleted(input: Input, deps: Deps): Secret {
  const secret = findSecret(deps, requiredText(input, 'SecretId'))
  if (secret === undefined) throw secretNotFound()
  return secret
}

export function requireSecret(input: Input, deps: Deps): Secret {
  const secret = requireSecretEvenDeleted(input, deps)
  if (secret.deletion === undefined) return secret
  throw invalidRequest("You can't perform this operation on the secret because it was marked for deletion.")
}

/** Returns the ARN of the secret that a call names, as a permission is checked for it. */
export function secretArn(input: Input, deps: Deps): string {
  const secretId = requiredText(input, 'SecretId')
  return findSecret(deps, secretId)?.arn ?? (secretId.startsWith('arn:') ? secretId : deps.arnOf(secretId))
}

export function dropDeleted(store: SecretStore, nowMs: number): void {
  for (const secret of store.all()) {
    if (secret.deletion !== undefined && secret.deletion.dueMs <= nowMs) store.remove(secret)
  }
}
