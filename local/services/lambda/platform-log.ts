/** The figures that Lambda itself logs after each invocation. */
export interface InvocationReport {
  readonly requestId: string
  readonly durationMs: number
  readonly billedMs: number
  readonly memorySizeMb: number
  /** Set only for the first invocation in an environment. */
  readonly initMs?: number
}

export function startLine(requestId: string): string {
  return `START RequestId: ${requestId} Version: $LATEST`
}

export function endLine(requestId: string): string {
  return `END RequestId: ${requestId}`
}

export function reportLine({ requestId, durationMs, billedMs, memorySizeMb, initMs }: InvocationReport): string {
  const init = initMs === undefined ? '' : `\tInit Duration: ${initMs.toFixed(2)} ms`
  return (
    `REPORT RequestId: ${requestId}\tDuration: ${durationMs.toFixed(2)} ms\tBilled Duration: ${billedMs} ms` +
    `\tMemory Size: ${memorySizeMb} MB${init}`
  )
}
