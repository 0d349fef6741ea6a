/** What the other services may ask of the Lambda service. */
export interface FunctionInvoker {
  /**
   * Runs a function once, synchronously. Resolves for a function's own failure too, which AWS reports as a
   * successful call with `functionError`; rejects with `FunctionThrottledError` where no environment is free, and
   * with `InvocationCutOffError` where the cloud ends before the function does.
   */
  invoke(functionArn: string, payload: string): Promise<InvocationResult>
  /** The function's timeout, for callers that cap it (29 s behind an API). */
  timeoutMs(functionArn: string): number
}

export interface InvocationResult {
  readonly requestId: string
  /** JSON: the returned value, or `{errorType, errorMessage, trace}` where `functionError` is set. */
  readonly payload: string
  readonly functionError?: 'Unhandled'
}

/** The local cloud is closing. Nothing failed: whoever sees it has nothing to report. */
export class InvocationCutOffError extends Error {
  override readonly name = 'InvocationCutOffError'
}

/** No execution environment was free within the function's or the account's concurrency. */
export class FunctionThrottledError extends Error {
  override readonly name = 'FunctionThrottledError'
}
