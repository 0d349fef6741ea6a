import { randomBytes } from 'node:crypto'
import { AssemblyError } from '../../assembly/assembly-error.ts'
import type { CloudContext } from '../../context.ts'
import type { Authorization, AwsApi, CallInterceptor, Principal } from '../../wire/call.ts'
import { AwsError } from '../../wire/call.ts'
import type { LocalService } from '../service.ts'
import { assumedRoleArn } from './assumed-role.ts'
import { dependsOnCondition, evaluateStatements, type Decision } from './policy.ts'
import { createRoleStore } from './roles.ts'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
}

export interface IamService extends LocalService {
  /** Makes new credentials for one execution environment of a function. Calls signed with them are its role's. */
  readonly credentials: (roleArn: string, functionName: string) => Credentials
  /** Finds the owner of an access key. Without a key, or with an unknown one, that is the account's owner. */
  readonly principalOf: (accessKeyId: string | undefined) => Principal
  /** Returns the secret of an access key that `credentials` made. */
  readonly secretOf: (accessKeyId: string) => string | undefined
  /** Returns true if the role's policies allow the action. */
  readonly mayCall: (roleArn: string, action: string, resourceArn: string) => boolean
  /** Returns true if the role's trust policy lets the service take it. */
  readonly mayAssume: (roleArn: string, principal: string) => boolean
  /** Refuses calls of functions that their role does not allow, as AWS would. */
  interceptor(apis: readonly AwsApi[]): CallInterceptor
}

/**
 * AWS's JSON protocols return 400 for every error of the caller. These services are REST, like the sockets' management
 * API, or speak the Query protocol.
 */
const FORBIDDEN_AS_403: ReadonlySet<string> = new Set([
  'cloudformation',
  'execute-api',
  'lambda',
  's3',
  'scheduler',
  'sts',
])

/** These say `AccessDenied` where all others say `AccessDeniedException`. */
const SHORT_CODES: ReadonlySet<string> = new Set(['s3', 'sts', 'cloudformation'])

const OWNER: Principal = { kind: 'owner', name: 'client' }

/**
 * IAM: finds the caller of a call, and decides if its role allows it.
 *
 * @example
 * const iam = createIam(context)
 * iam.mayCall('arn:aws:iam::000000000000:role/Worker', 'sqs:ReceiveMessage', queueArn)
 */
export function createIam(context: CloudContext): IamService {
  const { accountId, log } = context
  const roles = createRoleStore(accountId, (message) => log({ source: 'iam', level: 'warn', message }))
  const principals = new Map<string, Principal>()
  const secrets = new Map<string, string>()
  const decisionFor = (roleArn: string, action: string, resourceArn: string): Decision =>
    evaluateStatements(roles.get(roleArn)?.statements ?? [], action, resourceArn)
  const mayAssume = (roleArn: string, principal: string): boolean =>
    roles.get(roleArn)?.trusted.includes(principal) === true

  return {
    name: 'iam',
    resources: roles.resources,
    changes: roles.changes,
    credentials(roleArn, functionName) {
      if (!mayAssume(roleArn, 'lambda.amazonaws.com')) {
        throw new AssemblyError(
          `The function ${functionName} cannot assume its role ${roleArn}: it does not trust Lambda.`,
        )
      }
      const credentials = {
        accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
        secretAccessKey: randomBytes(20).toString('hex'),
        sessionToken: 'local',
      }
      principals.set(credentials.accessKeyId, { kind: 'role', name: functionName, roleArn })
      secrets.set(credentials.accessKeyId, credentials.secretAccessKey)
      return credentials
    },
    principalOf: (accessKeyId) => principals.get(accessKeyId ?? '') ?? OWNER,
    secretOf: (accessKeyId) => secrets.get(accessKeyId),
    mayCall: (roleArn, action, resourceArn) => decisionFor(roleArn, action, resourceArn) === 'allowed',
    mayAssume,
    interceptor(apis) {
      const byService = new Map(apis.map((api) => [api.service, api]))
      return (call, next) => {
        const { kind, roleArn = '', name } = call.principal
        if (kind === 'owner') return next()
        for (const { action, resourceArn } of byService.get(call.service)!.authorizations(call)) {
          const decision = decisionFor(roleArn, action, resourceArn)
          if (decision === 'allowed') continue
          const user = assumedRoleArn(accountId, roleArn, name)
          const isConditional = dependsOnCondition(roles.get(roleArn)?.statements ?? [], action, resourceArn)
          throw accessDenied(user, { service: call.service, action, resourceArn, decision, isConditional })
        }
        return next()
      }
    },
  }
}

function accessDenied(
  user: string,
  {
    service,
    action,
    resourceArn,
    decision,
    isConditional,
  }: Authorization & { service: string; decision: Decision; isConditional: boolean },
): AwsError {
  const because =
    decision === 'denied'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action` +
        (isConditional ? ' (a statement on it has a condition, which the local cloud does not evaluate)' : '')
  return new AwsError(
    SHORT_CODES.has(service) ? 'AccessDenied' : 'AccessDeniedException',
    `User: ${user} is not authorized to perform: ${action} on resource: ${resourceArn} ${because}`,
    FORBIDDEN_AS_403.has(service) ? 403 : 400,
  )
}
