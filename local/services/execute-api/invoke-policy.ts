import { wildcardPattern } from '../wildcard.ts'

/** A Lambda authorizer's decision on a call. */
export type PolicyDecision = 'allow' | 'deny' | 'implicit-deny' | { readonly problem: string }

/**
 * Evaluates the policy document of a Lambda authorizer for `execute-api:Invoke` on one method ARN. An explicit Deny
 * wins. Without any matching statement the call is denied implicitly.
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
      asTextList(Action).some((action) => wildcardPattern(action, 'i').test('execute-api:Invoke')) &&
      asTextList(Resource).some((resource) => wildcardPattern(resource).test(methodArn))
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

function asTextList(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map(String)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
