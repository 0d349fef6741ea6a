import type { CloudContext } from '../../context.ts'
import { FunctionThrottledError, InvocationCutOffError } from '../function-invoker.ts'
import type { FunctionInvoker } from '../function-invoker.ts'
import { shortenText } from '../../shorten-text.ts'

/** The longest time that API Gateway waits for an integration, unless the integration sets less. */
export const INTEGRATION_TIMEOUT_MS = 29_000

const API_GATEWAY = 'apigateway.amazonaws.com'

/** A function behind an API, and the right by which API Gateway invokes it. */
export interface InvocationTarget {
  readonly functionArn: string
  /** The part of the API that makes the call, as an `AWS::Lambda::Permission` names it. */
  readonly sourceArn: string
  /** A role that API Gateway takes for the call. The function's permissions do not count then. */
  readonly credentialsArn?: string
}

/** The end of an invocation, as the API sees it. */
export type Invocation =
  | { readonly kind: 'answered'; readonly payload: string }
  | { readonly kind: 'function-error'; readonly payload: string }
  | { readonly kind: 'throttled' }
  | { readonly kind: 'timeout' }
  /** API Gateway may not invoke it. */
  | { readonly kind: 'forbidden'; readonly message: string }
  /** The cloud is closing. */
  | { readonly kind: 'cut-off' }
  | { readonly kind: 'failed'; readonly message: string }

/** The parts of other services that the APIs need to run functions. Tests replace it. */
export interface IntegrationRunner {
  readonly context: CloudContext
  readonly functions: FunctionInvoker & {
    /** Returns true if the function's own permissions let a service invoke it on behalf of a source. */
    mayBeInvokedBy(functionArn: string, principal: string, sourceArn: string): boolean
  }
  readonly roles: {
    mayAssume(roleArn: string, principal: string): boolean
    mayCall(roleArn: string, action: string, resourceArn: string): boolean
  }
}

/** Runs a function and stops waiting after the timeout. The function itself runs on, as on AWS. */
export function invokeWithin(
  runner: IntegrationRunner,
  target: InvocationTarget,
  event: unknown,
  timeoutMs = INTEGRATION_TIMEOUT_MS,
): Promise<Invocation> {
  const missing = missingPermission(runner, target)
  if (missing !== undefined) return Promise.resolve({ kind: 'forbidden', message: missing })
  return new Promise((resolve) => {
    const cancelTimeout = runner.context.clock.after(timeoutMs, () => resolve({ kind: 'timeout' }))
    runner.functions.invoke(target.functionArn, JSON.stringify(event)).then(
      ({ payload, functionError }) => {
        cancelTimeout()
        resolve({ kind: functionError === undefined ? 'answered' : 'function-error', payload })
      },
      (error: unknown) => {
        cancelTimeout()
        if (error instanceof FunctionThrottledError) resolve({ kind: 'throttled' })
        else if (error instanceof InvocationCutOffError) resolve({ kind: 'cut-off' })
        else resolve({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
      },
    )
  })
}

function missingPermission(
  { functions, roles }: IntegrationRunner,
  { functionArn, sourceArn, credentialsArn }: InvocationTarget,
): string | undefined {
  if (credentialsArn === undefined) {
    if (functions.mayBeInvokedBy(functionArn, API_GATEWAY, sourceArn)) return undefined
    return `no AWS::Lambda::Permission of ${functionArn} lets ${API_GATEWAY} invoke it for ${sourceArn}`
  }
  if (!roles.mayAssume(credentialsArn, API_GATEWAY)) return `the role ${credentialsArn} does not trust ${API_GATEWAY}`
  if (roles.mayCall(credentialsArn, 'lambda:InvokeFunction', functionArn)) return undefined
  return `no policy of the role ${credentialsArn} allows lambda:InvokeFunction on ${functionArn}`
}

/** Logs why an invocation gave no answer. `what` names the purpose of the invocation. */
export function logInvocationFailure(
  { log }: CloudContext,
  source: string,
  what: string,
  invocation: Exclude<Invocation, { kind: 'answered' }>,
): void {
  const level = invocation.kind === 'cut-off' ? 'debug' : 'error'
  log({ source, level, message: `${what}: ${describeFailure(invocation)}` })
}

function describeFailure(invocation: Exclude<Invocation, { kind: 'answered' }>): string {
  switch (invocation.kind) {
    case 'function-error':
      return `the function failed: ${shortenText(invocation.payload, 500)}`
    case 'forbidden':
      return `API Gateway may not invoke the function: ${invocation.message}`
    case 'failed':
      return `the function could not be invoked: ${invocation.message}`
    case 'throttled':
      return 'the function was throttled'
    case 'timeout':
      return 'the function did not answer in time'
    case 'cut-off':
      return 'the local cloud closed before the function answered'
  }
}
