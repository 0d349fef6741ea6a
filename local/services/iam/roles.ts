import { AssemblyError } from '../../assembly/assembly-error.ts'
import { requireKnownProperties } from '../../assembly/properties.ts'
import type { CreatedResource, ResolvedResource, ResourceFactory } from '../service.ts'
import { awsManagedPolicy } from './managed-policies.ts'
import { readPolicy, type Statement } from './policy.ts'

export interface Role {
  /** The services that the role's trust policy lets take it. */
  readonly trusted: readonly unknown[]
  readonly statements: readonly Statement[]
}

export interface RoleStore {
  readonly resources: Readonly<Record<string, ResourceFactory>>
  get(roleArn: string): Role | undefined
}

interface Stores {
  readonly accountId: string
  readonly roles: Map<string, Role & { readonly statements: Statement[] }>
  readonly managedPolicies: Map<string, Statement[]>
}

/** The roles of a template, with the statements of every policy that is attached to them. */
export function createRoleStore(accountId: string): RoleStore {
  const stores: Stores = { accountId, roles: new Map(), managedPolicies: new Map() }
  return {
    resources: {
      'AWS::IAM::Role': (resource) => makeRole(resource, stores),
      'AWS::IAM::Policy': (resource) => makePolicy(resource, stores),
      'AWS::IAM::ManagedPolicy': (resource) => makeManagedPolicy(resource, stores),
    },
    get: (arn) => stores.roles.get(arn),
  }
}

const ROLE_PROPERTIES = {
  implemented: ['AssumeRolePolicyDocument', 'ManagedPolicyArns', 'Policies', 'RoleName'],
  harmless: ['Path', 'MaxSessionDuration'],
}

function makeRole(resource: ResolvedResource, { accountId, roles, managedPolicies }: Stores): CreatedResource {
  requireKnownProperties(resource, ROLE_PROPERTIES)
  const { logicalId, properties } = resource
  const name = String(properties['RoleName'] ?? logicalId)
  const statements: Statement[] = []
  for (const arn of (properties['ManagedPolicyArns'] ?? []) as string[]) {
    const document = awsManagedPolicy(arn, logicalId)
    const found = document === undefined ? managedPolicies.get(arn) : readPolicy(document, logicalId)
    if (found === undefined) throw new AssemblyError(`${logicalId}: the stack has no managed policy ${arn}.`)
    statements.push(...found)
  }
  for (const { PolicyDocument: document } of (properties['Policies'] ?? []) as { PolicyDocument: unknown }[]) {
    statements.push(...readPolicy(document, logicalId))
  }
  const trusted = trustedServices(properties['AssumeRolePolicyDocument'], logicalId)
  const arn = roleArn(accountId, name)
  roles.set(arn, { trusted, statements })
  return { ref: name, attributes: { Arn: arn, RoleId: `AROA${logicalId.toUpperCase().slice(0, 16)}` } }
}

function makePolicy(resource: ResolvedResource, stores: Stores): CreatedResource {
  requireKnownProperties(resource, { implemented: ['PolicyDocument', 'PolicyName', 'Roles'] })
  const { logicalId, properties } = resource
  attach(stores, resource, readPolicy(properties['PolicyDocument'], logicalId))
  return { ref: logicalId, attributes: { Id: logicalId } }
}

function makeManagedPolicy(resource: ResolvedResource, stores: Stores): CreatedResource {
  requireKnownProperties(resource, {
    implemented: ['PolicyDocument', 'ManagedPolicyName', 'Roles'],
    harmless: ['Path'],
  })
  const { logicalId, properties } = resource
  const statements = readPolicy(properties['PolicyDocument'], logicalId)
  const arn = `arn:aws:iam::${stores.accountId}:policy/${String(properties['ManagedPolicyName'] ?? logicalId)}`
  stores.managedPolicies.set(arn, statements)
  attach(stores, resource, statements)
  return { ref: arn, attributes: { PolicyArn: arn } }
}

function attach({ accountId, roles }: Stores, resource: ResolvedResource, statements: readonly Statement[]): void {
  for (const name of (resource.properties['Roles'] ?? []) as string[]) {
    const role = roles.get(roleArn(accountId, name))
    if (role === undefined) throw new AssemblyError(`${resource.logicalId}: the stack has no role named ${name}.`)
    role.statements.push(...statements)
  }
}

function roleArn(accountId: string, roleName: string): string {
  return `arn:aws:iam::${accountId}:role/${roleName}`
}

function trustedServices(document: unknown, logicalId: string): unknown[] {
  const { Statement: statements = [] } = (document ?? {}) as { Statement?: Record<string, unknown>[] }
  return [statements]
    .flat()
    .flatMap(({ Effect: effect, Action: action, Principal: principal, Condition: condition }) => {
      if (effect !== 'Allow' || action !== 'sts:AssumeRole' || condition !== undefined) {
        throw new AssemblyError(`${logicalId}: only a plain Allow of sts:AssumeRole is implemented in a trust policy.`)
      }
      return [(principal as { Service?: unknown } | undefined)?.Service].flat()
    })
}
