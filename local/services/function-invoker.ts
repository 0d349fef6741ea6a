/** The part of the Lambda service that other services may use. */
export interface FunctionInvoker {
  /**
   * Runs a function once, synchronously. If the function itself fails, it resolves too, as AWS reports a successful
   * call with `functionError`. Rejects with `FunctionThrottledError` if no environment is free, and with
   * `InvocationCutOffError` if the cloud ends before the function does.
   */
  invoke(functionArn: string, payload: string): Promise<InvocationResult>
  /** The function's timeout, for callers that cap it (29 s behind an API). */
  timeoutMs(functionArn: string): number
}

/** The part of the Lambda service for callers that do not wait for an answer. */
export interface EventInvoker {
  /**
   * Runs a function asynchronously, as Lambda repeats it. Resolves once the function has handled the event, or once
   * Lambda has given it up. Rejects with `InvocationCutOffError` if the cloud ends before.
   */
  invokeEvent(functionArn: string, payload: string): Promise<void>
}

export interface InvocationResult {
  readonly requestId: string
  /** JSON: the returned value, or `{errorType, errorMessage, trace}` if `functionError` is set. */
  readonly payload: string
  readonly functionError?: 'Unhandled'
  /** The last 4 KB of what the invocation logged. */
  readonly logTail?: string
}

/** The local cloud is closing. Nothing failed, so there is nothing to report. */
export class InvocationCutOffError extends Error {
  override readonly name = 'InvocationCutOffError'
}

/** No execution environment was free within the function's or the account's concurrency. */
export class FunctionThrottledError extends Error {
  override readonly name = 'FunctionThrottledError'
}
