import { requireKnownProperties } from '../../assembly/properties.ts'
import type { CreatedResource, MadeResource, ResolvedResource, ResourceChanges, ResourceFactory } from '../service.ts'
import { awsManagedPolicy } from './managed-policies.ts'
import { readPolicy, type Statement } from './policy.ts'

export interface Role {
  /** The services that the role's trust policy lets take it. */
  readonly trusted: readonly unknown[]
  readonly statements: readonly Statement[]
}

export interface RoleStore {
  readonly resources: Readonly<Record<string, ResourceFactory>>
  readonly changes: Readonly<Record<string, ResourceChanges>>
  get(roleArn: string): Role | undefined
}

/** A policy, with the roles that it is attached to by its own properties. */
interface AttachedPolicy {
  readonly roleArns: ReadonlySet<string>
  readonly statements: readonly Statement[]
}

interface OwnRole extends Role {
  readonly managedPolicyArns: readonly string[]
}

interface Stores {
  readonly accountId: string
  readonly warn: (message: string) => void
  readonly roles: Map<string, OwnRole>
  /** Managed policies by their ARN, the others by their logical id. */
  readonly policies: Map<string, AttachedPolicy>
}

/** The roles of the templates, with the statements of every policy that is attached to them. */
export function createRoleStore(accountId: string, warn: (message: string) => void = () => undefined): RoleStore {
  const stores: Stores = { accountId, warn, roles: new Map(), policies: new Map() }
  /** Filled when a role is asked for, and emptied by every change. */
  const complete = new Map<string, Role>()
  const changing =
    (make: (resource: ResolvedResource, stores: Stores) => CreatedResource): ResourceFactory =>
    (resource) => {
      complete.clear()
      return make(resource, stores)
    }
  const [role, policy, managedPolicy] = [changing(makeRole), changing(makePolicy), changing(makeManagedPolicy)]
  const removing = (remove: (old: MadeResource) => void): ((old: MadeResource) => void) => {
    return (old) => {
      complete.clear()
      remove(old)
    }
  }
  return {
    resources: {
      'AWS::IAM::Role': role,
      'AWS::IAM::Policy': policy,
      'AWS::IAM::ManagedPolicy': managedPolicy,
    },
    changes: {
      'AWS::IAM::Role': {
        update: role,
        remove: removing(({ created }) => stores.roles.delete(created.attributes['Arn']!)),
      },
      'AWS::IAM::Policy': {
        update: policy,
        remove: removing(({ resource }) => stores.policies.delete(resource.logicalId)),
      },
      'AWS::IAM::ManagedPolicy': {
        update: managedPolicy,
        remove: removing(({ created }) => stores.policies.delete(created.ref)),
      },
    },
    get(arn) {
      const own = stores.roles.get(arn)
      if (own === undefined) return undefined
      const known = complete.get(arn) ?? withPolicies(arn, own, stores)
      complete.set(arn, known)
      return known
    },
  }
}

function withPolicies(arn: string, { trusted, statements, managedPolicyArns }: OwnRole, stores: Stores): Role {
  const attached = [...stores.policies]
    .filter(([id, { roleArns }]) => roleArns.has(arn) || managedPolicyArns.includes(id))
    .flatMap(([, policy]) => policy.statements)
  return { trusted, statements: [...statements, ...attached] }
}

const ROLE_PROPERTIES = {
  implemented: ['AssumeRolePolicyDocument', 'ManagedPolicyArns', 'Policies', 'RoleName'],
  harmless: ['Path', 'MaxSessionDuration', 'PermissionsBoundary'],
}

function makeRole(resource: ResolvedResource, { accountId, warn, roles, policies }: Stores): CreatedResource {
  requireKnownProperties(resource, ROLE_PROPERTIES)
  const { logicalId, properties } = resource
  const name = String(properties['RoleName'] ?? logicalId)
  const managedPolicyArns = (properties['ManagedPolicyArns'] ?? []) as string[]
  const statements = managedPolicyArns.flatMap((arn) => {
    const document = awsManagedPolicy(arn)
    if (document !== undefined) return readPolicy(document, logicalId)
    if (!policies.has(arn)) {
      warn(`${logicalId}: the local cloud does not know the managed policy ${arn}. It allows nothing here.`)
    }
    return []
  })
  for (const { PolicyDocument: document } of (properties['Policies'] ?? []) as { PolicyDocument: unknown }[]) {
    statements.push(...readPolicy(document, logicalId))
  }
  const trusted = trustedServices(properties['AssumeRolePolicyDocument'])
  const arn = roleArn(accountId, name)
  roles.set(arn, { trusted, statements, managedPolicyArns })
  return { ref: name, attributes: { Arn: arn, RoleId: `AROA${logicalId.toUpperCase().slice(0, 16)}` } }
}

const POLICY_PROPERTIES = ['PolicyDocument', 'PolicyName', 'Roles', 'Users', 'Groups']

function makePolicy(resource: ResolvedResource, { accountId, policies }: Stores): CreatedResource {
  requireKnownProperties(resource, { implemented: POLICY_PROPERTIES })
  const { logicalId, properties } = resource
  const statements = readPolicy(properties['PolicyDocument'], logicalId)
  policies.set(logicalId, { roleArns: attachedRoles(resource, accountId), statements })
  return { ref: logicalId, attributes: { Id: logicalId } }
}

function makeManagedPolicy(resource: ResolvedResource, { accountId, policies }: Stores): CreatedResource {
  requireKnownProperties(resource, { implemented: [...POLICY_PROPERTIES, 'ManagedPolicyName'], harmless: ['Path'] })
  const { logicalId, properties } = resource
  const statements = readPolicy(properties['PolicyDocument'], logicalId)
  const arn = `arn:aws:iam::${accountId}:policy/${String(properties['ManagedPolicyName'] ?? logicalId)}`
  policies.set(arn, { roleArns: attachedRoles(resource, accountId), statements })
  return { ref: arn, attributes: { PolicyArn: arn } }
}

/** Returns the roles that a policy names. Only the roles of functions make calls here: users and groups do not. */
function attachedRoles({ properties }: ResolvedResource, accountId: string): Set<string> {
  return new Set(((properties['Roles'] ?? []) as string[]).map((name) => roleArn(accountId, name)))
}

function roleArn(accountId: string, roleName: string): string {
  return `arn:aws:iam::${accountId}:role/${roleName}`
}

/** Returns the services that may take the role. Accounts and federated users never do so here. */
function trustedServices(document: unknown): unknown[] {
  const { Statement: statements = [] } = (document ?? {}) as { Statement?: Record<string, unknown>[] }
  return [statements].flat().flatMap(({ Effect: effect, Action: action, Principal: principal }) => {
    if (effect !== 'Allow' || ![action].flat().includes('sts:AssumeRole')) return []
    return [(principal as { Service?: unknown } | undefined)?.Service ?? []].flat(2)
  })
}
