import { AssemblyError } from '../../assembly/assembly-error.ts'
import { wildcardPattern } from '../wildcard.ts'
import { deniesPlainHttp } from '../resource-policy.ts'

/** A parsed statement of a policy. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny'
  readonly coversAction: (action: string) => boolean
  readonly coversResource: (resourceArn: string) => boolean
  /** True if it has a condition or a policy variable, which the local cloud does not evaluate. It allows nothing. */
  readonly isLeftOut: boolean
}

export type Decision = 'allowed' | 'not-allowed' | 'denied'

const STATEMENT_MEMBERS = ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition']

/** The condition that every call meets: AWS has no other than encrypted connections. */
const ALWAYS_MET = /^\{"Bool":\{"aws:SecureTransport":"?true"?\}\}$/

/**
 * Reads an identity policy's document. Statements with conditions or policy variables are not evaluated: what they allow
 * or deny is refused, and the refusal says so.
 *
 * @example
 * evaluateStatements(readPolicy(document, 'WorkerPolicy'), 'sqs:SendMessage', 'arn:aws:sqs:us-east-1:000000000000:Jobs')
 */
export function readPolicy(document: unknown, logicalId: string): Statement[] {
  const { Version: version, Statement: given } = (document ?? {}) as { Version?: unknown; Statement?: unknown }
  if (version !== undefined && version !== '2012-10-17' && version !== '2008-10-17') {
    throw new AssemblyError(`${logicalId}: a policy has the unknown version ${String(version)}.`)
  }
  const statements = [given ?? []].flat() as Record<string, unknown>[]
  return statements
    .filter((statement) => !deniesPlainHttp(statement))
    .map((statement) => readStatement(statement, logicalId))
}

/**
 * Denied wins over allowed. An action that no statement covers is not allowed, and neither is one that a statement
 * denies on a condition.
 */
export function evaluateStatements(statements: Iterable<Statement>, action: string, resourceArn: string): Decision {
  let [isAllowed, mayBeDenied] = [false, false]
  for (const { effect, coversAction, coversResource, isLeftOut } of statements) {
    if (!coversAction(action) || !coversResource(resourceArn)) continue
    if (!isLeftOut && effect === 'Deny') return 'denied'
    if (!isLeftOut) isAllowed = true
    else if (effect === 'Deny') mayBeDenied = true
  }
  return isAllowed && !mayBeDenied ? 'allowed' : 'not-allowed'
}

/** Returns true if a condition decides on the action on AWS. */
export function dependsOnCondition(statements: Iterable<Statement>, action: string, resourceArn: string): boolean {
  for (const { coversAction, coversResource, isLeftOut } of statements) {
    if (isLeftOut && coversAction(action) && coversResource(resourceArn)) return true
  }
  return false
}

function readStatement(statement: Record<string, unknown>, logicalId: string): Statement {
  for (const member of Object.keys(statement)) {
    if (STATEMENT_MEMBERS.includes(member)) continue
    throw new AssemblyError(
      `${logicalId}: the local cloud does not implement ${member} in a policy's statement. ` +
        `Leave it out, or add it to local/services/iam.`,
    )
  }
  const effect = statement['Effect']
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw new AssemblyError(`${logicalId}: the Effect of a statement must be Allow or Deny, not ${String(effect)}.`)
  }
  return {
    effect,
    // Actions are compared without regard to case, resources with it.
    coversAction: coverage(statement, 'Action', 'i', logicalId),
    coversResource: coverage(statement, 'Resource', '', logicalId),
    isLeftOut: hasCondition(statement['Condition']) || JSON.stringify(statement).includes('${'),
  }
}

function hasCondition(condition: unknown): boolean {
  return condition !== undefined && !ALWAYS_MET.test(JSON.stringify(condition))
}

function coverage(
  statement: Record<string, unknown>,
  member: 'Action' | 'Resource',
  flags: string,
  logicalId: string,
): (value: string) => boolean {
  const positive = statement[member]
  const negative = statement[`Not${member}`]
  if ((positive === undefined) === (negative === undefined)) {
    throw new AssemblyError(`${logicalId}: a statement needs either ${member} or Not${member}.`)
  }
  const given: unknown[] = [positive ?? negative].flat()
  const patterns = given.map((pattern) => readPattern(pattern, flags, logicalId))
  const covered = (value: string): boolean => patterns.some((pattern) => pattern.test(value))
  if (negative === undefined) return covered
  // A variable may leave anything outside.
  const hasVariable = given.some((pattern) => String(pattern).includes('${'))
  return (value) => hasVariable || !covered(value)
}

function readPattern(pattern: unknown, flags: string, logicalId: string): RegExp {
  if (typeof pattern !== 'string') throw new AssemblyError(`${logicalId}: ${JSON.stringify(pattern)} is not a pattern.`)
  return wildcardPattern(pattern.replace(/\$\{[^}]*\}/g, '*'), flags)
}
