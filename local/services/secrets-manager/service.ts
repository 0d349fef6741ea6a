import { createHash, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { AssemblyError } from '../../assembly/assembly-error.ts'
import { requireKnownProperties } from '../../assembly/properties.ts'
import type { CloudContext } from '../../context.ts'
import { AwsError, type AwsAnswer, type AwsCall } from '../../wire/call.ts'
import { renderJsonError } from '../../wire/json-error.ts'
import type { LocalService, ResolvedResource } from '../service.ts'
import { generateSecretString } from './generate-secret.ts'
import { openSecretStore, type Secret, type SecretStore } from './secret-store.ts'

const TARGET = 'secretsmanager.'

/**
 * Secrets of the template, and the calls that read them. With a data directory, a secret keeps its value across
 * restarts.
 */
export function createSecretsManager(context: CloudContext): LocalService {
  const { accountId, region, dataDir, meter } = context
  const store = openSecretStore(dataDir === undefined ? undefined : join(dataDir, 'secrets.json'))
  const arnPrefix = `arn:aws:secretsmanager:${region}:${accountId}:secret:`
  return {
    name: 'secretsmanager',
    resources: {
      'AWS::SecretsManager::Secret': (resource) => {
        const { arn } = ensureSecret(resource, { store, arnPrefix, nowMs: context.clock.now() })
        return { ref: arn, attributes: { Id: arn } }
      },
    },
    api: {
      service: 'secretsmanager',
      match({ headers }) {
        const target = headers['x-amz-target']
        return typeof target === 'string' && target.startsWith(TARGET) ? target.slice(TARGET.length) : undefined
      },
      authorizations(call) {
        findOperation(call)
        const action = `secretsmanager:${call.operation}`
        if (call.operation === 'ListSecrets') return [{ action, resourceArn: '*' }]
        const secretId = requireSecretId(call)
        const named = secretId.startsWith('arn:') ? secretId : `${arnPrefix}${secretId}`
        return [{ action, resourceArn: findSecret(store, secretId)?.arn ?? named }]
      },
      async handle(call) {
        meter.count('secretsRequest', call.principal.name)
        return jsonAnswer(findOperation(call)(call, store))
      },
      renderError: (error) => renderJsonError(error, { version: '1.1' }),
    },
  }
}

const PROPERTIES = {
  implemented: ['GenerateSecretString', 'SecretString', 'Name'],
  harmless: ['KmsKeyId'],
}

function ensureSecret(
  resource: ResolvedResource,
  { store, arnPrefix, nowMs }: { readonly store: SecretStore; readonly arnPrefix: string; readonly nowMs: number },
): Secret {
  requireKnownProperties(resource, PROPERTIES)
  const { logicalId, properties } = resource
  const { GenerateSecretString: options, SecretString: given, Description: description } = properties
  if (options !== undefined && given !== undefined) {
    throw new AssemblyError(`${logicalId}: give either GenerateSecretString or SecretString, not both.`)
  }
  const name = String(properties['Name'] ?? logicalId)
  const kept = store.get(name)
  // A generated value is generated once. A given value follows the template.
  if (kept !== undefined && (given === undefined || kept.value === given)) return kept
  const secret: Secret = {
    name,
    // AWS puts six random characters after the name. Here they are derived from the name, so that the ARN stays the
    // same.
    arn: `${arnPrefix}${name}-${createHash('sha256').update(name).digest('hex').slice(0, 6)}`,
    ...(description === undefined ? {} : { description: String(description) }),
    value: given === undefined ? generateSecretString(options ?? {}, logicalId) : String(given),
    versionId: randomUUID(),
    createdMs: nowMs,
  }
  store.put(secret)
  return secret
}

type Operation = (call: AwsCall, store: SecretStore) => object

const OPERATIONS: Readonly<Record<string, Operation>> = {
  GetSecretValue(call, store) {
    const secret = requireSecret(call, store)
    const { VersionStage: stage, VersionId: versionId } = call.input()
    const versions = [
      { stage: 'AWSCURRENT', value: secret.value, versionId: secret.versionId },
      ...(secret.previous === undefined ? [] : [{ stage: 'AWSPREVIOUS', ...secret.previous }]),
    ]
    const wanted = stage ?? (versionId === undefined ? 'AWSCURRENT' : undefined)
    const found = versions.find(
      (version) =>
        (wanted === undefined || version.stage === wanted) &&
        (versionId === undefined || version.versionId === versionId),
    )
    if (found === undefined) {
      throw new AwsError(
        'ResourceNotFoundException',
        `Secrets Manager can't find the specified secret value for staging label: ${String(wanted ?? versionId)}`,
      )
    }
    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: found.versionId,
      SecretString: found.value,
      VersionStages: [found.stage],
      CreatedDate: secret.createdMs / 1000,
    }
  },
  PutSecretValue(call, store) {
    const { value, versionId, ...secret } = requireSecret(call, store)
    const { SecretString: next, ClientRequestToken: token = randomUUID(), ...others } = call.input()
    const strange = Object.keys(others).find((name) => name !== 'SecretId')
    if (typeof next !== 'string' || strange !== undefined) {
      const what = strange === undefined ? 'a SecretString is needed' : `it does not implement ${strange}`
      throw new AwsError('ValidationException', `The local cloud takes a SecretString alone: ${what}.`)
    }
    store.put({ ...secret, value: next, versionId: String(token), previous: { value, versionId } })
    return { ARN: secret.arn, Name: secret.name, VersionId: token, VersionStages: ['AWSCURRENT'] }
  },
  DescribeSecret: (call, store) => {
    const secret = requireSecret(call, store)
    const previous = secret.previous === undefined ? {} : { [secret.previous.versionId]: ['AWSPREVIOUS'] }
    return { ...summary(secret), VersionIdsToStages: { [secret.versionId]: ['AWSCURRENT'], ...previous } }
  },
  ListSecrets: (_call, store) => ({ SecretList: store.all().map(summary) }),
}

function findOperation({ operation }: AwsCall): Operation {
  const found = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined
  if (found !== undefined) return found
  throw new AwsError(
    'UnknownOperationException',
    `The local cloud does not implement secretsmanager:${operation}, only ${Object.keys(OPERATIONS).join(', ')}.`,
  )
}

function summary({ arn, name, description, createdMs }: Secret): object {
  return { ARN: arn, Name: name, Description: description, CreatedDate: createdMs / 1000 }
}

function requireSecret(call: AwsCall, store: SecretStore): Secret {
  const secret = findSecret(store, requireSecretId(call))
  if (secret !== undefined) return secret
  throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
}

function requireSecretId(call: AwsCall): string {
  const { SecretId: secretId } = call.input()
  if (typeof secretId === 'string' && secretId !== '') return secretId
  throw new AwsError('ValidationException', 'SecretId must be the name or the ARN of a secret.')
}

/** Finds a secret by its name, its ARN, or its ARN without the characters at the end. */
function findSecret(store: SecretStore, secretId: string): Secret | undefined {
  return store
    .all()
    .find(({ name, arn }) => name === secretId || arn === secretId || arn.slice(0, -'-xxxxxx'.length) === secretId)
}

function jsonAnswer(body: object): AwsAnswer {
  return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(body) }
}
