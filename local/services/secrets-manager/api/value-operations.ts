import { randomUUID } from 'node:crypto'
import { AwsError } from '../../../wire/call.ts'
import type { Secret } from '../secret-store.ts'
import { addVersion, CURRENT, moveStage, type SecretValue, type SecretVersion, versionAt } from '../secret-versions.ts'
import { invalidParameter, invalidRequest, valueNotFound } from './errors.ts'
import { nextPage } from './pages.ts'
import {
  type Input,
  type Operation,
  optionalFlag,
  optionalText,
  optionalTextList,
  requiredText,
  requireSecret,
  secretArn,
} from './request.ts'

const VALUE_MEMBERS = ['ClientRequestToken', 'SecretString', 'SecretBinary']

export const getSecretValue: Operation = {
  members: ['SecretId', 'VersionId', 'VersionStage'],
  resourceArn: secretArn,
  run(input, deps) {
    const secret = requireSecret(input, deps)
    const version = findVersion(secret, optionalText(input, 'VersionId'), optionalText(input, 'VersionStage'))
    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: version.id,
      SecretString: version.string,
      SecretBinary: version.binary,
      VersionStages: version.stages,
      CreatedDate: version.createdMs / 1000,
    }
  },
}

export const putSecretValue: Operation = {
  members: ['SecretId', 'VersionStages', ...VALUE_MEMBERS],
  resourceArn: secretArn,
  run(input, deps) {
    const secret = requireSecret(input, deps)
    const value = readValue(input)
    if (value === undefined) throw invalidParameter('You must provide either SecretString or SecretBinary.')
    const stages = optionalTextList(input, 'VersionStages') ?? [CURRENT]
    const { versions, version } = putVersion(secret, {
      value,
      stages,
      token: readToken(input),
      nowMs: deps.clock.now(),
    })
    if (versions !== secret.versions) deps.store.put({ ...secret, versions, changedMs: deps.clock.now() })
    return { ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: version.stages }
  },
}

export const updateSecret: Operation = {
  members: ['SecretId', 'Description', 'KmsKeyId', ...VALUE_MEMBERS],
  resourceArn: secretArn,
  run(input, deps) {
    const secret = requireSecret(input, deps)
    const value = readValue(input)
    const [description, kmsKeyId] = [optionalText(input, 'Description'), optionalText(input, 'KmsKeyId')]
    const nowMs = deps.clock.now()
    const put =
      value === undefined ? undefined : putVersion(secret, { value, stages: [CURRENT], token: readToken(input), nowMs })
    deps.store.put({
      ...secret,
      ...(description === undefined ? {} : { description }),
      ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
      versions: put?.versions ?? secret.versions,
      changedMs: nowMs,
    })
    return { ARN: secret.arn, Name: secret.name, VersionId: put?.version.id }
  },
}

export const updateSecretVersionStage: Operation = {
  members: ['SecretId', 'VersionStage', 'RemoveFromVersionId', 'MoveToVersionId'],
  resourceArn: secretArn,
  run(input, deps) {
    const secret = requireSecret(input, deps)
    const stage = requiredText(input, 'VersionStage')
    const [fromId, toId] = [optionalText(input, 'RemoveFromVersionId'), optionalText(input, 'MoveToVersionId')]
    const holder = versionAt(secret.versions, stage)
    for (const id of [fromId, toId]) {
      if (id !== undefined && !secret.versions.some((version) => version.id === id)) {
        throw valueNotFound(`VersionId: ${id}`)
      }
    }
    if (fromId === undefined && toId === undefined) {
      throw invalidParameter('Either RemoveFromVersionId or MoveToVersionId must be given.')
    }
    if (holder !== undefined && holder.id !== toId && fromId !== holder.id) {
      throw invalidParameter(
        `The parameter RemoveFromVersionId can't be empty or another version. Staging label ${stage} is currently ` +
          `attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
      )
    }
    if (holder === undefined && fromId !== undefined) {
      throw invalidParameter(`Staging label ${stage} is not attached to version ${fromId}.`)
    }
    if (stage === CURRENT && toId === undefined) {
      throw invalidParameter(
        `You can only move staging label ${CURRENT} to a different secret version. It can't be completely removed.`,
      )
    }
    deps.store.put({ ...secret, versions: moveStage(secret.versions, stage, toId), changedMs: deps.clock.now() })
    return { ARN: secret.arn, Name: secret.name }
  },
}

export const listSecretVersionIds: Operation = {
  members: ['SecretId', 'MaxResults', 'NextToken', 'IncludeDeprecated'],
  resourceArn: secretArn,
  run(input, deps) {
    const secret = requireSecret(input, deps)
    const deprecated = optionalFlag(input, 'IncludeDeprecated')
    const shown = secret.versions.filter(({ stages }) => deprecated || stages.length > 0)
    const { page, nextToken } = nextPage(shown, input)
    return {
      ARN: secret.arn,
      Name: secret.name,
      Versions: page.map(({ id, stages, createdMs }) => ({
        VersionId: id,
        VersionStages: stages.length > 0 ? stages : undefined,
        CreatedDate: createdMs / 1000,
        KmsKeyIds: [secret.kmsKeyId ?? 'DefaultEncryptionKey'],
      })),
      NextToken: nextToken,
    }
  },
}

/** Reads the value of a call. Returns undefined if the call gives none. */
export function readValue(input: Input): SecretValue | undefined {
  const [string, binary] = [optionalText(input, 'SecretString'), optionalText(input, 'SecretBinary')]
  if (string !== undefined && binary !== undefined) {
    throw invalidParameter("You can't specify both a binary secret value and a string secret value in the same secret.")
  }
  if (string !== undefined) return { string }
  return binary === undefined ? undefined : { binary }
}

/** Reads the id that the new version gets. SDKs and the command line make one for each call. */
export function readToken(input: Input): string {
  const token = optionalText(input, 'ClientRequestToken') ?? randomUUID()
  if (token.length < 32 || token.length > 64) {
    throw invalidParameter('ClientRequestToken must be 32-64 characters long.')
  }
  return token
}

interface NewVersion {
  readonly value: SecretValue
  readonly stages: readonly string[]
  readonly token: string
  readonly nowMs: number
}

/**
 * Adds a version to a secret. The same token with the same value is the same call again, and changes nothing. With
 * another value it is an error: a version never changes.
 */
function putVersion(
  { arn, versions }: Secret,
  { value, stages, token, nowMs }: NewVersion,
): { readonly versions: readonly SecretVersion[]; readonly version: SecretVersion } {
  const present = versions.find(({ id }) => id === token)
  if (present !== undefined) {
    if (hasValue(present, value)) return { versions, version: present }
    throw new AwsError(
      'ResourceExistsException',
      `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${arn}.`,
    )
  }
  const added = addVersion(versions, { ...value, id: token, createdMs: nowMs }, stages)
  return { versions: added, version: added.find(({ id }) => id === token)! }
}

function hasValue(version: SecretValue, { string, binary }: SecretValue): boolean {
  return version.string === string && version.binary === binary
}

function findVersion({ versions }: Secret, id: string | undefined, stage: string | undefined): SecretVersion {
  if (id === undefined) {
    const wanted = stage ?? CURRENT
    const found = versionAt(versions, wanted)
    if (found === undefined) throw valueNotFound(`staging label: ${wanted}`)
    return found
  }
  const found = versions.find((version) => version.id === id)
  if (found === undefined) throw valueNotFound(`VersionId: ${id}`)
  if (stage !== undefined && !found.stages.includes(stage)) {
    throw invalidRequest('You provided a VersionStage that is not associated to the provided VersionId.')
  }
  return found
}

/** Returns true if a call with this token has made the secret with exactly this value. */
export function isSameCreate({ versions }: Secret, token: string, value: SecretValue | undefined): boolean {
  const version = versions.find(({ id }) => id === token)
  return version !== undefined && value !== undefined && hasValue(version, value)
}
