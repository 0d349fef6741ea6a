import { createHash, randomUUID } from 'node:crypto'
import { AssemblyError } from '../../assembly/assembly-error.ts'
import { requireKnownProperties } from '../../assembly/properties.ts'
import type { CloudContext } from '../../context.ts'
import type { AwsAnswer } from '../../wire/call.ts'
import { renderJsonError } from '../../wire/json-error.ts'
import type { LocalService, ResolvedResource } from '../service.ts'
import { authorizationsOf, perform } from './api/operations.ts'
import { type Deps, dropDeleted, findSecret } from './api/request.ts'
import { resolveSecretReference } from './dynamic-reference.ts'
import { generateSecretString } from './generate-secret.ts'
import { openSecretStore, type Secret, type Tag } from './secret-store.ts'
import { addVersion, CURRENT, currentVersion, type SecretVersion } from './secret-versions.ts'

const TARGET = 'secretsmanager.'

/**
 * Secrets Manager: secrets of the template and of calls, with their versions. With a data directory, a secret keeps its
 * values across restarts.
 */
export function createSecretsManager(context: CloudContext): LocalService {
  const { accountId, region, clock, secretsFile, meter } = context
  const arnPrefix = `arn:aws:secretsmanager:${region}:${accountId}:secret:`
  const deps: Deps = {
    store: openSecretStore(secretsFile),
    clock,
    // AWS puts six random characters after the name. Here they are derived from the name, so that the ARN stays the
    // same.
    arnOf: (name) => `${arnPrefix}${name}-${createHash('sha256').update(name).digest('hex').slice(0, 6)}`,
  }
  return {
    name: 'secretsmanager',
    resources: {
      'AWS::SecretsManager::Secret': (resource) => {
        const { arn } = ensureSecret(resource, deps)
        return { ref: arn, attributes: { Id: arn } }
      },
    },
    dynamicReference: (reference) => resolveSecretReference(reference, (secretId) => findSecret(deps, secretId)),
    api: {
      service: 'secretsmanager',
      match({ headers }) {
        const target = headers['x-amz-target']
        return typeof target === 'string' && target.startsWith(TARGET) ? target.slice(TARGET.length) : undefined
      },
      authorizations: (call) => authorizationsOf(call, deps),
      async handle(call) {
        meter.count('secretsRequest', call.principal.name)
        return jsonAnswer(perform(call, deps))
      },
      renderError: (error) => renderJsonError(error, { version: '1.1' }),
    },
  }
}

const PROPERTIES = {
  implemented: ['GenerateSecretString', 'SecretString', 'Name', 'Tags', 'Description'],
  harmless: ['KmsKeyId', 'ReplicaRegions'],
}

function ensureSecret(resource: ResolvedResource, { store, clock, arnOf }: Deps): Secret {
  requireKnownProperties(resource, PROPERTIES)
  const { logicalId, properties } = resource
  const { GenerateSecretString: options, SecretString: given, Description: description, Tags: tags } = properties
  if (options !== undefined && given !== undefined) {
    throw new AssemblyError(`${logicalId}: give either GenerateSecretString or SecretString, not both.`)
  }
  const nowMs = clock.now()
  const name = String(properties['Name'] ?? logicalId)
  dropDeleted(store, nowMs)
  // A call may have planned its deletion, but the template has it.
  const { deletion: _planned, ...kept } = store.get(name) ?? ({} as Partial<Secret>)
  const current = currentVersion(kept.versions ?? [])
  // A generated value is generated once. A given value follows the template.
  const isKept = current !== undefined && (given === undefined || current.string === given)
  const newVersions = (): readonly SecretVersion[] => {
    const string = given === undefined ? generateSecretString(options ?? {}, logicalId) : String(given)
    return addVersion(kept.versions ?? [], { id: randomUUID(), string, createdMs: nowMs }, [CURRENT])
  }
  const secret: Secret = {
    createdMs: nowMs,
    changedMs: nowMs,
    ...kept,
    name,
    arn: arnOf(name),
    ...(description === undefined ? {} : { description: String(description) }),
    ...(tags === undefined ? {} : { tags: tags as readonly Tag[] }),
    versions: isKept ? kept.versions! : newVersions(),
  }
  store.put(secret)
  return secret
}

function jsonAnswer(body: object): AwsAnswer {
  return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(body) }
}
