import type { CloudContext } from '../../context.ts'
import { FunctionThrottledError } from '../function-invoker.ts'
import type { FunctionInvoker } from '../function-invoker.ts'

/** The longest that API Gateway waits for an integration, unless the integration sets less. */
export const INTEGRATION_TIMEOUT_MS = 29_000

/** How a function behind an API ended, as the API sees it. */
export type Invocation =
  | { readonly kind: 'answered'; readonly payload: string }
  | { readonly kind: 'function-error'; readonly payload: string }
  | { readonly kind: 'throttled' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'failed'; readonly message: string }

/** What the API services need to run functions: the seam that tests replace. */
export interface IntegrationRunner {
  readonly context: CloudContext
  readonly functions: FunctionInvoker
}

/** Runs a function and stops waiting after the timeout; the function itself runs on, as on AWS. */
export function invokeWithin(
  { context, functions }: IntegrationRunner,
  functionArn: string,
  event: unknown,
  timeoutMs = INTEGRATION_TIMEOUT_MS,
): Promise<Invocation> {
  return new Promise((resolve) => {
    const cancelTimeout = context.clock.after(timeoutMs, () => resolve({ kind: 'timeout' }))
    functions.invoke(functionArn, JSON.stringify(event)).then(
      ({ payload, functionError }) => {
        cancelTimeout()
        resolve({ kind: functionError === undefined ? 'answered' : 'function-error', payload })
      },
      (error: unknown) => {
        cancelTimeout()
        if (error instanceof FunctionThrottledError) resolve({ kind: 'throttled' })
        else resolve({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
      },
    )
  })
}

/** One line for the log on why an invocation did not give an answer. */
export function describeFailure(invocation: Exclude<Invocation, { kind: 'answered' }>): string {
  if (invocation.kind === 'function-error') return `the function failed: ${invocation.payload.slice(0, 500)}`
  if (invocation.kind === 'failed') return `the function could not be invoked: ${invocation.message}`
  return invocation.kind === 'timeout' ? 'the function did not answer in time' : 'the function was throttled'
}
