/** The outcome of a batch, as the function reports it. */
export type BatchOutcome =
  | { readonly kind: 'success' }
  | { readonly kind: 'partial'; readonly failedIds: ReadonlySet<string> }
  | { readonly kind: 'failure'; readonly reason: string }

/**
 * Reads the answer of a function with `ReportBatchItemFailures` by AWS's rules. No answer, or a missing, null or empty
 * list, means that every message succeeded. An answer that cannot be understood means that every message failed.
 */
export function readBatchResponse(payload: string, messageIds: ReadonlySet<string>): BatchOutcome {
  const response = parse(payload)
  if (response === null || response === undefined) return { kind: 'success' }
  if (typeof response !== 'object' || Array.isArray(response)) return failure('it is not an object')
  const failures = (response as { batchItemFailures?: unknown }).batchItemFailures
  if (failures === undefined || failures === null) return { kind: 'success' }
  if (!Array.isArray(failures)) return failure('batchItemFailures is not a list')
  const failedIds = new Set<string>()
  for (const item of failures as unknown[]) {
    const id = (item as { itemIdentifier?: unknown } | null)?.itemIdentifier
    if (typeof id !== 'string' || id === '') return failure('an entry of batchItemFailures has no itemIdentifier')
    if (!messageIds.has(id)) return failure(`batchItemFailures names ${id}, which is not a message of the batch`)
    failedIds.add(id)
  }
  return failedIds.size === 0 ? { kind: 'success' } : { kind: 'partial', failedIds }
}

const NOT_JSON = Symbol('not JSON')

function parse(payload: string): unknown {
  try {
    return payload === '' ? undefined : JSON.parse(payload)
  } catch {
    return NOT_JSON
  }
}

function failure(reason: string): BatchOutcome {
  return { kind: 'failure', reason: `the function's answer cannot be understood: ${reason}` }
}
