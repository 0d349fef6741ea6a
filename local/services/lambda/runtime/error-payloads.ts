/** AWS's limit for an invocation's payload: 6 MB. */
export const MAX_REQUEST_BYTES = 6 * 1024 * 1024
/** AWS's limit for a function's return value: the same 6 MB, and 100 bytes that AWS adds. */
export const MAX_RESPONSE_BYTES = MAX_REQUEST_BYTES + 100

/** The way in which an execution environment ended by itself. */
export type ExitReason =
  | { readonly kind: 'status'; readonly status: number }
  /** Out of memory. */
  | { readonly kind: 'killed' }
  /** The event loop ran empty while the handler's promise was pending. */
  | { readonly kind: 'unsettled' }

/** The payload of a handler or an initialisation that threw, in the words of the Node.js runtime. */
export function thrownPayload(thrown: unknown): string {
  if (isError(thrown)) {
    return JSON.stringify({
      errorType: thrown.name,
      errorMessage: thrown.message,
      trace: typeof thrown.stack === 'string' ? thrown.stack.split('\n') : [],
    })
  }
  return JSON.stringify({ errorType: typeof thrown, errorMessage: String(thrown), trace: [] })
}

export function timedOutPayload(requestId: string, timeoutMs: number): string {
  return JSON.stringify({
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
  })
}

export function exitPayload(requestId: string, reason: ExitReason): string {
  return JSON.stringify({
    errorType: reason.kind === 'unsettled' ? 'Runtime.NodeJsExit' : 'Runtime.ExitError',
    errorMessage: `RequestId: ${requestId} Error: ${exitSentence(reason)}`,
  })
}

function exitSentence(reason: ExitReason): string {
  if (reason.kind === 'killed') return 'Runtime exited with error: signal: killed'
  if (reason.kind === 'unsettled') {
    return (
      'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a ' +
      'Promise that was never settled. For more information, see ' +
      'https://nodejs.org/docs/latest/api/process.html#exit-codes'
    )
  }
  if (reason.status === 0) return 'Runtime exited without providing a reason'
  return `Runtime exited with error: exit status ${reason.status}`
}

/** Returns the payload that replaces a response that is too large; undefined for any other. */
export function oversizedResponsePayload(response: string): string | undefined {
  // A UTF-16 unit takes three bytes at most, so short strings need no counting.
  if (response.length * 3 <= MAX_RESPONSE_BYTES || Buffer.byteLength(response) <= MAX_RESPONSE_BYTES) return undefined
  return JSON.stringify({
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`,
  })
}

/** `instanceof` fails for errors of another realm (`node:vm`). */
function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || Object.prototype.toString.call(thrown) === '[object Error]'
}
