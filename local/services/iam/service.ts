import { randomBytes } from 'node:crypto'
import { AssemblyError } from '../../assembly/assembly-error.ts'
import { requireKnownProperties } from '../../assembly/properties.ts'
import type { CloudContext } from '../../context.ts'
import type { Authorization, AwsApi, CallInterceptor, Principal } from '../../wire/call.ts'
import { AwsError } from '../../wire/call.ts'
import type { CreatedResource, LocalService, ResolvedResource } from '../service.ts'
import { awsManagedPolicy } from './managed-policies.ts'
import { decide, readPolicy, type Decision, type Statement } from './policy.ts'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
}

export interface IamService extends LocalService {
  /** New credentials for a function: calls signed with them are the role's. */
  credentials(roleArn: string, functionName: string): Credentials
  /** Whom an access key was given to. A key that nobody was given, or none, is the account's owner. */
  principalOf(accessKeyId: string | undefined): Principal
  /** True where the role's policies allow the action. */
  mayCall(roleArn: string, action: string, resourceArn: string): boolean
  /** Refuses the calls of functions that their role does not allow, as AWS would. */
  interceptor(apis: readonly AwsApi[]): CallInterceptor
}

const OWNER: Principal = { kind: 'owner', name: 'client' }

interface Role {
  /** Whether its trust policy lets a Lambda function take it. */
  readonly trustsLambda: boolean
  readonly statements: Statement[]
}

/** Roles and policies of the template, and whose a call is. */
export function createIam(context: CloudContext): IamService {
  const rolesByArn = new Map<string, Role>()
  const managed = new Map<string, Statement[]>()
  const principals = new Map<string, Principal>()

  const roleArn = (name: string): string => `arn:aws:iam::${context.accountId}:role/${name}`
  const attach = (logicalId: string, roleNames: unknown, statements: readonly Statement[]): void => {
    for (const name of (roleNames ?? []) as string[]) {
      const role = rolesByArn.get(roleArn(name))
      if (role === undefined) throw new AssemblyError(`${logicalId}: the stack has no role named ${name}.`)
      role.statements.push(...statements)
    }
  }
  const decisionFor = (arn: string, action: string, resourceArn: string): Decision =>
    decide(rolesByArn.get(arn)?.statements ?? [], action, resourceArn)

  return {
    name: 'iam',
    resources: {
      'AWS::IAM::Role': (resource) => makeRole(resource, { rolesByArn, managed, roleArn }),
      'AWS::IAM::Policy': (resource) => {
        requireKnownProperties(resource, { implemented: ['PolicyDocument', 'PolicyName', 'Roles'] })
        const { PolicyDocument: document, Roles: roles } = resource.properties
        attach(resource.logicalId, roles, readPolicy(document, resource.logicalId))
        return { ref: resource.logicalId, attributes: { Id: resource.logicalId } }
      },
      'AWS::IAM::ManagedPolicy': (resource) => {
        requireKnownProperties(resource, {
          implemented: ['PolicyDocument', 'ManagedPolicyName', 'Roles'],
          harmless: ['Path'],
        })
        const { PolicyDocument: document, ManagedPolicyName: name, Roles: roles } = resource.properties
        const arn = `arn:aws:iam::${context.accountId}:policy/${String(name ?? resource.logicalId)}`
        const statements = readPolicy(document, resource.logicalId)
        managed.set(arn, statements)
        attach(resource.logicalId, roles, statements)
        return { ref: arn, attributes: { PolicyArn: arn } }
      },
    },
    credentials(arn, functionName) {
      if (rolesByArn.get(arn)?.trustsLambda !== true) {
        throw new AssemblyError(`The function ${functionName} cannot assume its role ${arn}: no trust policy allows it.`)
      }
      const accessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`
      principals.set(accessKeyId, { kind: 'role', name: functionName, roleArn: arn })
      return { accessKeyId, secretAccessKey: randomBytes(20).toString('hex'), sessionToken: 'local' }
    },
    principalOf: (accessKeyId) => principals.get(accessKeyId ?? '') ?? OWNER,
    mayCall: (arn, action, resourceArn) => decisionFor(arn, action, resourceArn) === 'allowed',
    interceptor(apis) {
      const byService = new Map(apis.map((api) => [api.service, api]))
      return (call, next) => {
        const { kind, roleArn: arn = '', name } = call.principal
        if (kind === 'owner') return next()
        for (const { action, resourceArn } of byService.get(call.service)!.authorizations(call)) {
          const decision = decisionFor(arn, action, resourceArn)
          if (decision === 'allowed') continue
          const user = assumedRole(context.accountId, arn, name)
          throw accessDenied(user, { service: call.service, action, resourceArn, decision })
        }
        return next()
      }
    },
  }
}

const ROLE_PROPERTIES = {
  implemented: ['AssumeRolePolicyDocument', 'ManagedPolicyArns', 'Policies', 'RoleName'],
  harmless: ['Path', 'MaxSessionDuration'],
}

function makeRole(
  resource: ResolvedResource,
  stores: {
    readonly rolesByArn: Map<string, Role>
    readonly managed: ReadonlyMap<string, Statement[]>
    readonly roleArn: (name: string) => string
  },
): CreatedResource {
  requireKnownProperties(resource, ROLE_PROPERTIES)
  const { logicalId, properties } = resource
  const name = String(properties['RoleName'] ?? logicalId)
  const statements: Statement[] = []
  for (const arn of (properties['ManagedPolicyArns'] ?? []) as string[]) {
    const document = awsManagedPolicy(arn, logicalId)
    const ours = document === undefined ? stores.managed.get(arn) : readPolicy(document, logicalId)
    if (ours === undefined) throw new AssemblyError(`${logicalId}: the stack has no managed policy ${arn}.`)
    statements.push(...ours)
  }
  for (const { PolicyDocument: document } of (properties['Policies'] ?? []) as { PolicyDocument: unknown }[]) {
    statements.push(...readPolicy(document, logicalId))
  }
  const arn = stores.roleArn(name)
  const trustsLambda = trustedServices(properties['AssumeRolePolicyDocument'], logicalId).includes(LAMBDA)
  stores.rolesByArn.set(arn, { trustsLambda, statements })
  return { ref: name, attributes: { Arn: arn, RoleId: `AROA${logicalId.toUpperCase().slice(0, 16)}` } }
}

const LAMBDA = 'lambda.amazonaws.com'

function trustedServices(document: unknown, logicalId: string): unknown[] {
  const { Statement: statements = [] } = (document ?? {}) as { Statement?: Record<string, unknown>[] }
  return [statements].flat().flatMap(({ Effect: effect, Action: action, Principal: principal, Condition: condition }) => {
    if (effect !== 'Allow' || action !== 'sts:AssumeRole' || condition !== undefined) {
      throw new AssemblyError(`${logicalId}: only a plain Allow of sts:AssumeRole is implemented in a trust policy.`)
    }
    return [(principal as { Service?: unknown } | undefined)?.Service].flat()
  })
}

function assumedRole(accountId: string, roleArn: string, functionName: string): string {
  return `arn:aws:sts::${accountId}:assumed-role/${roleArn.slice(roleArn.lastIndexOf('/') + 1)}/${functionName}`
}

function accessDenied(
  user: string,
  { service, action, resourceArn, decision }: Authorization & { service: string; decision: Decision },
): AwsError {
  const because =
    decision === 'denied'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`
  return new AwsError(
    'AccessDeniedException',
    `User: ${user} is not authorized to perform: ${action} on resource: ${resourceArn} ${because}`,
    // AWS's JSON protocols say 400 for every error of the caller's; the management API of sockets is plain REST.
    service === 'execute-api' ? 403 : 400,
  )
}
