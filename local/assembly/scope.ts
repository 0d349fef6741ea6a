import { createHash } from 'node:crypto'
import { ownValue } from '../named-values.ts'
import { uuidOfHash } from '../uuid-of-hash.ts'
import type { CreatedResource } from '../services/service.ts'
import { AssemblyError } from './assembly-error.ts'
import { evaluateCondition, NO_VALUE, type Scope } from './intrinsics.ts'
import type { Template } from './template.ts'

/** The values that the references of one stack's template lead to. */
export interface StackValues {
  readonly stackName: string
  readonly template: Template
  readonly accountId: string
  readonly region: string
  readonly parameters: Readonly<Record<string, unknown>>
  /** By logical id: the resources that exist so far. */
  readonly created: (logicalId: string) => CreatedResource | undefined
  /** The outputs that other stacks export, by their names. */
  readonly exports: ReadonlyMap<string, unknown>
  /** Returns undefined for a reference that no service knows. */
  readonly dynamicReference: (reference: string) => string | undefined
}

/** Returns the scopes of a stack, each for one place that error messages name. */
export function createScopes(values: StackValues): (where: string) => Scope {
  const { template, parameters, exports } = values
  const pseudo = pseudoParameters(values)
  const find = (logicalId: string, where: string): CreatedResource => {
    const resource = values.created(logicalId)
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
        return ownValue(parameters, name) ?? find(name, where).ref
      },
      attribute(logicalId, name) {
        const { attributes, standIn } = find(logicalId, where)
        const value = ownValue(attributes, name) ?? standIn?.attribute?.(name)
        if (value !== undefined) return value
        throw new AssemblyError(
          `${where}: the local cloud does not implement the attribute ${name} of ${logicalId} ` +
            `(${template.resources[logicalId]!.Type}).`,
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
      imported(name) {
        if (exports.has(name)) return exports.get(name)
        throw new AssemblyError(`${where} imports ${name} (Fn::ImportValue), which no stack that runs here exports.`)
      },
      dynamic(reference) {
        const value = values.dynamicReference(reference)
        if (value !== undefined) return value
        throw new AssemblyError(
          `${where}: the local cloud cannot resolve the dynamic reference {{resolve:${reference}}}. Make the secret ` +
            `or the parameter in a stack of this app.`,
        )
      },
    }
    return scope
  }
}

/** Makes the ARN of a stack. It is the same after a restart. */
export function stackArn({
  accountId,
  region,
  stackName,
}: Pick<StackValues, 'accountId' | 'region' | 'stackName'>): string {
  const id = uuidOfHash(createHash('sha256').update(stackName).digest('hex'))
  return `arn:aws:cloudformation:${region}:${accountId}:stack/${stackName}/${id}`
}

function pseudoParameters(values: StackValues): Record<string, unknown> {
  return {
    'AWS::AccountId': values.accountId,
    'AWS::Region': values.region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': values.stackName,
    'AWS::StackId': stackArn(values),
    'AWS::NoValue': NO_VALUE,
  }
}
