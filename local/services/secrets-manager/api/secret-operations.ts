import { AwsError } from '../../../wire/call.ts'
import { generatePassword } from '../generate-secret.ts'
import type { Secret } from '../secret-store.ts'
import { addVersion, CURRENT } from '../secret-versions.ts'
import { invalidParameter, invalidRequest, secretNotFound, validationError } from './errors.ts'
import {
  findSecret,
  type Input,
  type Operation,
  optionalFlag,
  optionalText,
  optionalTextList,
  readTags,
  requiredText,
  requireSecret,
  requireSecretEvenDeleted,
  secretArn,
} from './request.ts'
import { isSameCreate, readToken, readValue } from './value-operations.ts'

const DAY_MS = 24 * 3_600_000
const DEFAULT_WINDOW_DAYS = 30

export const createSecret: Operation = {
  members: ['Name', 'ClientRequestToken', 'Description', 'KmsKeyId', 'SecretString', 'SecretBinary', 'Tags'],
  resourceArn: (input, { arnOf }) => arnOf(requiredText(input, 'Name')),
  run(input, deps) {
    const name = readName(input)
    const [value, token, tags] = [readValue(input), readToken(input), readTags(input)]
    const present = findSecret(deps, name)
    if (present?.deletion !== undefined) {
      throw invalidRequest(
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      )
    }
    if (present !== undefined) {
      if (isSameCreate(present, token, value)) return { ARN: present.arn, Name: name, VersionId: token }
      const message = `The operation failed because the secret ${name} already exists.`
      throw new AwsError('ResourceExistsException', message)
    }
    const nowMs = deps.clock.now()
    const [description, kmsKeyId] = [optionalText(input, 'Description'), optionalText(input, 'KmsKeyId')]
    const version = { ...value, id: token, createdMs: nowMs }
    const secret: Secret = {
      name,
      arn: deps.arnOf(name),
      ...(description === undefined ? {} : { description }),
      ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
      tags,
      versions: value === undefined ? [] : addVersion([], version, [CURRENT]),
      createdMs: nowMs,
      changedMs: nowMs,
    }
    deps.store.put(secret)
    return { ARN: secret.arn, Name: name, VersionId: value === undefined ? undefined : token }
  },
}

export const deleteSecret: Operation = {
  members: ['SecretId', 'RecoveryWindowInDays', 'ForceDeleteWithoutRecovery'],
  resourceArn: secretArn,
  run(input, deps) {
    const force = optionalFlag(input, 'ForceDeleteWithoutRecovery')
    const days = readWindow(input, force)
    const nowMs = deps.clock.now()
    const secretId = requiredText(input, 'SecretId')
    const secret = findSecret(deps, secretId)
    if (force) {
      if (secret !== undefined) deps.store.remove(secret)
      // As on AWS, this is no error if the secret is gone already.
      return { ARN: secret?.arn ?? secretArn(input, deps), Name: secret?.name ?? secretId, DeletionDate: nowMs / 1000 }
    }
    if (secret === undefined) throw secretNotFound()
    if (secret.deletion !== undefined) {
      throw invalidRequest(
        "You can't perform this operation on the secret because it was already scheduled for deletion.",
      )
    }
    const dueMs = nowMs + days * DAY_MS
    deps.store.put({ ...secret, deletion: { askedMs: nowMs, dueMs } })
    return { ARN: secret.arn, Name: secret.name, DeletionDate: dueMs / 1000 }
  },
}

export const restoreSecret: Operation = {
  members: ['SecretId'],
  resourceArn: secretArn,
  run(input, deps) {
    const { deletion: _planned, ...secret } = requireSecretEvenDeleted(input, deps)
    deps.store.put(secret)
    return { ARN: secret.arn, Name: secret.name }
  },
}

export const describeSecret: Operation = {
  members: ['SecretId'],
  resourceArn: secretArn,
  run(input, deps) {
    const secret = requireSecretEvenDeleted(input, deps)
    const staged = secret.versions.filter(({ stages }) => stages.length > 0)
    return {
      ...summary(secret),
      VersionIdsToStages:
        staged.length === 0 ? undefined : Object.fromEntries(staged.map(({ id, stages }) => [id, stages])),
    }
  },
}

export const tagResource: Operation = {
  members: ['SecretId', 'Tags'],
  resourceArn: secretArn,
  run(input, deps) {
    const secret = requireSecret(input, deps)
    const given = readTags(input)
    const kept = (secret.tags ?? []).filter(({ Key }) => !given.some((tag) => tag.Key === Key))
    deps.store.put({ ...secret, tags: [...kept, ...given] })
    return {}
  },
}

export const untagResource: Operation = {
  members: ['SecretId', 'TagKeys'],
  resourceArn: secretArn,
  run(input, deps) {
    const secret = requireSecret(input, deps)
    const keys = optionalTextList(input, 'TagKeys') ?? []
    deps.store.put({ ...secret, tags: (secret.tags ?? []).filter(({ Key }) => !keys.includes(Key)) })
    return {}
  },
}

export const getRandomPassword: Operation = {
  members: [
    'PasswordLength',
    'ExcludeCharacters',
    'ExcludeNumbers',
    'ExcludePunctuation',
    'ExcludeUppercase',
    'ExcludeLowercase',
    'IncludeSpace',
    'RequireEachIncludedType',
  ],
  resourceArn: () => '*',
  run(input) {
    const password = generatePassword(input)
    if (password !== undefined) return { RandomPassword: password }
    throw invalidParameter('No password can be made of these parameters: its length and its types do not fit.')
  },
}

/** Describes a secret without its values. */
export function summary({ arn, name, description, kmsKeyId, tags = [], ...secret }: Secret): object {
  return {
    ARN: arn,
    Name: name,
    Description: description,
    KmsKeyId: kmsKeyId,
    Tags: tags.length === 0 ? undefined : tags,
    CreatedDate: secret.createdMs / 1000,
    LastChangedDate: secret.changedMs / 1000,
    DeletedDate: secret.deletion === undefined ? undefined : secret.deletion.askedMs / 1000,
  }
}

function readName(input: Input): string {
  const name = requiredText(input, 'Name')
  if (/^[\w/+=.@!-]{1,512}$/.test(name)) return name
  throw validationError(
    'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
  )
}

function readWindow(input: Input, force: boolean): number {
  const days = input['RecoveryWindowInDays']
  if (days === undefined || days === null) return DEFAULT_WINDOW_DAYS
  if (force) {
    throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
  }
  if (Number.isInteger(days) && (days as number) >= 7 && (days as number) <= 30) return days as number
  throw invalidParameter('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).')
}
