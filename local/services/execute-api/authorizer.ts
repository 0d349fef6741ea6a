import { namedValues } from '../../named-values.ts'
import { readIdentity } from './identity-source.ts'
import type { IdentityParts, IdentitySource } from './identity-source.ts'
import { invokeWithin, logInvocationFailure } from './invocation.ts'
import type { IntegrationRunner, InvocationTarget } from './invocation.ts'
import { evaluateInvokePolicy } from './invoke-policy.ts'

/** A Lambda REQUEST authorizer of a REST or a WebSocket API. */
export interface AuthorizerSettings {
  readonly name: string
  readonly target: InvocationTarget
  readonly identitySources: readonly IdentitySource[]
  /** 0: every request calls the function. */
  readonly cacheTtlMs: number
}

/** The value of `requestContext.authorizer` in events: the function's context as strings, and the principal. */
export type AuthorizerContext = Readonly<Record<string, string | number>>

export type Authorization =
  | { readonly kind: 'allowed'; readonly context: AuthorizerContext }
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'denied'; readonly message: string }
  /** `function`: it threw. `configuration`: it may not be invoked, or API Gateway does not take its answer. */
  | { readonly kind: 'failed'; readonly reason: 'function' | 'configuration' }

export interface AuthorizedRequest {
  readonly methodArn: string
  readonly identity: IdentityParts
  readonly event: Readonly<Record<string, unknown>>
}

export type Authorizer = (request: AuthorizedRequest) => Promise<Authorization>

/** A policy that a function returned, kept for the TTL. It is evaluated anew for every method ARN. */
interface CachedPolicy {
  readonly expiresAt: number
  readonly policyDocument: unknown
  readonly context: AuthorizerContext
}

const MAX_RESULT_BYTES = 8 * 1024
const MAX_CACHED_POLICIES = 1_000
const DENIED = 'User is not authorized to access this resource'

/** Makes the check of one authorizer, with its cache of policies by identity. */
export function createAuthorizer(settings: AuthorizerSettings, runner: IntegrationRunner): Authorizer {
  const { clock } = runner.context
  const cache = new Map<string, CachedPolicy>()
  const source = `authorizer ${settings.name}`
  const log = (message: string): void => runner.context.log({ source, level: 'error', message })

  return async ({ methodArn, identity, event }) => {
    const parts = readIdentity(settings.identitySources, identity)
    if (parts === undefined) return { kind: 'unauthorized' }
    const cacheKey = JSON.stringify(parts)
    const cached = cache.get(cacheKey)
    if (cached !== undefined && cached.expiresAt > clock.now()) return authorizeByPolicy(cached, methodArn, log)

    const startedAt = clock.now()
    const invocation = await invokeWithin(runner, settings.target, event)
    if (invocation.kind === 'function-error' && errorMessage(invocation.payload) === 'Unauthorized') {
      return { kind: 'unauthorized' }
    }
    if (invocation.kind !== 'answered') {
      logInvocationFailure(runner.context, source, methodArn, invocation)
      return { kind: 'failed', reason: invocation.kind === 'function-error' ? 'function' : 'configuration' }
    }
    const answer = readAnswer(invocation.payload)
    if ('problem' in answer) {
      log(`the function's answer is not one that API Gateway takes: ${answer.problem}`)
      return { kind: 'failed', reason: 'configuration' }
    }
    const policy: CachedPolicy = {
      expiresAt: clock.now() + settings.cacheTtlMs,
      policyDocument: answer.policyDocument,
      context: { ...answer.context, integrationLatency: clock.now() - startedAt },
    }
    if (settings.cacheTtlMs > 0) cachePolicy(cache, cacheKey, policy, clock.now())
    return authorizeByPolicy(policy, methodArn, log)
  }
}

function authorizeByPolicy(policy: CachedPolicy, methodArn: string, log: (message: string) => void): Authorization {
  const decision = evaluateInvokePolicy(policy.policyDocument, methodArn)
  if (decision === 'allow') return { kind: 'allowed', context: policy.context }
  if (decision === 'implicit-deny') return { kind: 'denied', message: DENIED }
  if (decision === 'deny') {
    return { kind: 'denied', message: `${DENIED} with an explicit deny in an identity-based policy` }
  }
  log(`the function's answer is not one that API Gateway takes: ${decision.problem}`)
  return { kind: 'failed', reason: 'configuration' }
}

function cachePolicy(cache: Map<string, CachedPolicy>, key: string, policy: CachedPolicy, nowMs: number): void {
  if (cache.size >= MAX_CACHED_POLICIES) {
    for (const [other, { expiresAt }] of cache) if (expiresAt <= nowMs) cache.delete(other)
    const oldest = cache.keys().next()
    if (cache.size >= MAX_CACHED_POLICIES && !oldest.done) cache.delete(oldest.value)
  }
  cache.delete(key)
  cache.set(key, policy)
}

function readAnswer(
  payload: string,
): { readonly policyDocument: unknown; readonly context: Record<string, string> } | { readonly problem: string } {
  if (Buffer.byteLength(payload) > MAX_RESULT_BYTES) return { problem: 'it is larger than 8 KB' }
  const answer = JSON.parse(payload) as Record<string, unknown> | null
  if (typeof answer !== 'object' || answer === null) return { problem: 'it is not an object' }
  const { principalId, policyDocument, context = {} } = answer
  if (typeof principalId !== 'string' || principalId === '') return { problem: 'it has no principalId' }
  const strings = namedValues<string>()
  for (const [key, value] of Object.entries((context ?? {}) as Record<string, unknown>)) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      return { problem: `its context.${key} is not a string, number or boolean` }
    }
    strings[key] = String(value)
  }
  return { policyDocument, context: { ...strings, principalId } }
}

function errorMessage(payload: string): unknown {
  try {
    return (JSON.parse(payload) as { errorMessage?: unknown } | null)?.errorMessage
  } catch {
    return undefined
  }
}
