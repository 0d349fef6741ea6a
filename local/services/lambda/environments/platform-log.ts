/** The figures that Lambda itself logs after each invocation. */
export interface InvocationReport {
  readonly requestId: string
  readonly durationMs: number
  readonly billedMs: number
  readonly memorySizeMb: number
  /** Set only for the first invocation in an environment. */
  readonly initMs?: number
  /** `success` by default. */
  readonly status?: 'success' | 'failure' | 'error' | 'timeout'
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

/** One of Lambda's own lines in the JSON format, without its time. */
export interface PlatformRecord {
  readonly type: string
  readonly record: object
}

export function startRecord(requestId: string): PlatformRecord {
  return { type: 'platform.start', record: { requestId, version: '$LATEST' } }
}

export function reportRecord(report: InvocationReport): PlatformRecord {
  const { requestId, durationMs, billedMs, memorySizeMb, initMs, status = 'success' } = report
  return {
    type: 'platform.report',
    record: {
      requestId,
      metrics: {
        durationMs: Number(durationMs.toFixed(3)),
        billedDurationMs: billedMs,
        memorySizeMB: memorySizeMb,
        ...(initMs !== undefined && { initDurationMs: Number(initMs.toFixed(3)) }),
      },
      status,
    },
  }
}
