import { createHash } from 'node:crypto'
import { namedValues, ownValue } from '../named-values.ts'
import type { CreatedResource, LocalService, ResourceFactory } from '../services/service.ts'
import { AssemblyError } from './assembly-error.ts'
import { creationOrder } from './creation-order.ts'
import { evaluateCondition, NO_VALUE, resolve, type Scope } from './intrinsics.ts'
import type { Template } from './template.ts'

export interface DeploymentOptions {
  readonly stackName: string
  readonly template: Template
  readonly services: readonly LocalService[]
  readonly accountId: string
  readonly region: string
}

export interface DeployedStack {
  readonly outputs: Readonly<Record<string, string>>
  /** By logical id. */
  readonly resources: ReadonlyMap<string, DeployedResource>
}

export interface DeployedResource extends CreatedResource {
  readonly type: string
}

/** Types that CDK puts in every template and that need nothing made. */
const INERT: Readonly<Record<string, ResourceFactory>> = {
  'AWS::CDK::Metadata': ({ logicalId }) => ({ ref: logicalId, attributes: {} }),
}

/**
 * Makes every resource of a template with the given services, each after those it refers to. All types and references are checked before the first resource is made.
 */
export async function deployStack(options: DeploymentOptions): Promise<DeployedStack> {
  const { template } = options
  const factories = factoriesByType(options.services)
  const order = creationOrder(template)
  for (const logicalId of order) {
    const type = template.resources[logicalId]!.Type
    if (!factories.has(type)) {
      throw new AssemblyError(
        `${logicalId}: the local cloud does not implement the resource type ${type}. ` +
          `Leave it out of the stack, or add it to a service under local/services.`,
      )
    }
  }
  const created = new Map<string, DeployedResource>()
  const scope = createScope(options, created)
  for (const logicalId of order) {
    const { Type: type, Properties: given = {}, Condition: condition } = template.resources[logicalId]!
    const local = scope(logicalId)
    if (condition !== undefined && !local.condition(condition)) continue
    const properties = resolve(given, local) as Record<string, unknown>
    created.set(logicalId, { type, ...(await factories.get(type)!({ logicalId, type, properties })) })
  }
  return { outputs: resolveOutputs(template, scope), resources: created }
}

function factoriesByType(services: readonly LocalService[]): Map<string, ResourceFactory> {
  const factories = new Map<string, ResourceFactory>(Object.entries(INERT))
  for (const service of services) {
    for (const [type, factory] of Object.entries(service.resources)) {
      if (factories.has(type)) throw new Error(`Two services make ${type}; the second is ${service.name}.`)
      factories.set(type, factory)
    }
  }
  return factories
}

function resolveOutputs(template: Template, scope: (where: string) => Scope): Record<string, string> {
  const outputs = namedValues<string>()
  for (const [name, { Value: value, Condition: condition }] of Object.entries(template.outputs)) {
    const local = scope(`The output ${name}`)
    if (condition === undefined || local.condition(condition)) outputs[name] = String(resolve(value, local))
  }
  return outputs
}

function createScope(
  options: DeploymentOptions,
  created: ReadonlyMap<string, CreatedResource>,
): (where: string) => Scope {
  const { template } = options
  const pseudo = pseudoParameters(options)
  const find = (logicalId: string, where: string): CreatedResource => {
    const resource = created.get(logicalId)
    if (resource !== undefined) return resource
    throw new AssemblyError(`${where} refers to ${logicalId}, which the stack does not have.`)
  }
  return (where) => {
    const scope: Scope = {
      where,
      ref(name) {
        if (Object.hasOwn(pseudo, name)) return pseudo[name]
        if (name.startsWith('AWS::')) {
          throw new AssemblyError(`${where}: the local cloud does not implement the pseudo parameter ${name}.`)
        }
        return ownValue(template.parameters, name) ?? find(name, where).ref
      },
      attribute(logicalId, name) {
        const value = ownValue(find(logicalId, where).attributes, name)
        if (value !== undefined) return value
        const type = template.resources[logicalId]!.Type
        throw new AssemblyError(
          `${where}: the local cloud does not implement the attribute ${name} of ${logicalId} (${type}).`,
        )
      },
      condition(name) {
        if (!Object.hasOwn(template.conditions, name)) {
          throw new AssemblyError(`${where} names the condition ${name}, which the template does not have.`)
        }
        return evaluateCondition(template.conditions[name], { ...scope, where: `The condition ${name}` })
      },
      mapped(map, key, subKey) {
        const maps = template.mappings as Record<string, Record<string, Record<string, unknown>>>
        const value = maps[map]?.[key]?.[subKey]
        if (value === undefined) throw new AssemblyError(`${where}: the mapping ${map} has no ${key}.${subKey}.`)
        return value
      },
    }
    return scope
  }
}

function pseudoParameters({ accountId, region, stackName }: DeploymentOptions): Record<string, unknown> {
  const hash = createHash('sha256').update(stackName).digest('hex')
  const id = [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20, 32)].join('-')
  return {
    'AWS::AccountId': accountId,
    'AWS::Region': region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': stackName,
    'AWS::StackId': `arn:aws:cloudformation:${region}:${accountId}:stack/${stackName}/${id}`,
    'AWS::NoValue': NO_VALUE,
  }
}
