import { wildcardPattern } from '../wildcard.ts'

/** The answer of a Lambda authorizer to whether a call may pass. */
export type PolicyDecision = 'allow' | 'deny' | 'implicit-deny' | { readonly problem: string }

/**
 * Evaluates the policy document of a Lambda authorizer for `execute-api:Invoke` on one method ARN. An explicit
 * Deny wins; without any matching statement the call is denied implicitly.
 */
export function evaluateInvokePolicy(document: unknown, methodArn: string): PolicyDecision {
  const statements = isObject(document) ? document['Statement'] : undefined
  if (statements === undefined) return { problem: 'its policyDocument has no Statement' }
  let decision: PolicyDecision = 'implicit-deny'
  for (const statement of (Array.isArray(statements) ? statements : [statements]) as unknown[]) {
    const problem = problemOf(statement)
    if (problem !== undefined) return { problem }
    const { Effect, Action, Resource } = statement as Record<string, unknown>
    const matches =
      texts(Action).some((action) => wildcardPattern(action, 'i').test('execute-api:Invoke')) &&
      texts(Resource).some((resource) => wildcardPattern(resource).test(methodArn))
    if (!matches) continue
    if (Effect === 'Deny') return 'deny'
    decision = 'allow'
  }
  return decision
}

function problemOf(statement: unknown): string | undefined {
  if (!isObject(statement)) return 'a statement of its policyDocument is not an object'
  const unknown = Object.keys(statement).find((key) => !['Sid', 'Effect', 'Action', 'Resource'].includes(key))
  if (unknown !== undefined) return `its policy uses ${unknown}, which the local cloud does not evaluate`
  if (statement['Effect'] !== 'Allow' && statement['Effect'] !== 'Deny') {
    return `its policy has the Effect ${JSON.stringify(statement['Effect'])}`
  }
  if (statement['Action'] === undefined || statement['Resource'] === undefined) {
    return 'a statement of its policyDocument lacks Action or Resource'
  }
  return undefined
}

function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map(String)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
