import { AssemblyError } from '../../../assembly/assembly-error.ts'

const DAY_MS = 86_400_000

export interface ExpiryRule {
  readonly prefix: string
  readonly days: number
}

const RULE_MEMBERS = ['Id', 'Status', 'Prefix', 'ExpirationInDays', 'AbortIncompleteMultipartUpload']
/** They move objects to cheaper storage, or end versions, which a bucket does not have here. */
const HARMLESS_MEMBERS = [
  'ExpiredObjectDeleteMarker',
  'NoncurrentVersionExpiration',
  'NoncurrentVersionExpirationInDays',
  'NoncurrentVersionTransition',
  'NoncurrentVersionTransitions',
  'Transition',
  'Transitions',
]

export interface Lifecycle {
  /** The rules that end objects. */
  readonly rules: ExpiryRule[]
  /** The rules that end uploads that nobody completes. */
  readonly uploadRules: ExpiryRule[]
}

/** Reads a template's `LifecycleConfiguration`. Rules that are not enabled do nothing. */
export function readLifecycle(configuration: unknown, logicalId: string): Lifecycle {
  const { Rules: given = [] } = (configuration ?? {}) as { Rules?: Record<string, unknown>[] }
  const enabled = given.filter((rule) => {
    const unknown = Object.keys(rule).find((member) => ![...RULE_MEMBERS, ...HARMLESS_MEMBERS].includes(member))
    if (unknown !== undefined) {
      throw new AssemblyError(
        `${logicalId}: the local cloud does not implement ${unknown} in a lifecycle rule, only ${RULE_MEMBERS.join(', ')}.`,
      )
    }
    return rule['Status'] === 'Enabled'
  })
  const rulesOf = (daysOf: (rule: Record<string, unknown>) => unknown): ExpiryRule[] =>
    enabled.flatMap((rule) => {
      const days = daysOf(rule)
      return days === undefined ? [] : [{ prefix: String(rule['Prefix'] ?? ''), days: Number(days) }]
    })
  return {
    rules: rulesOf((rule) => rule['ExpirationInDays']),
    uploadRules: rulesOf(
      (rule) =>
        (rule['AbortIncompleteMultipartUpload'] as Record<string, unknown> | undefined)?.['DaysAfterInitiation'],
    ),
  }
}

/** S3 adds the days and rounds up to the next midnight, UTC. Returns undefined if no rule covers the key. */
export function expiryOf(key: string, lastModified: number, rules: readonly ExpiryRule[]): number | undefined {
  const days = rules.filter(({ prefix }) => key.startsWith(prefix)).map((rule) => rule.days)
  return days.length === 0 ? undefined : nextMidnight(lastModified + Math.min(...days) * DAY_MS)
}

export function nextMidnight(atMs: number): number {
  return Math.ceil(atMs / DAY_MS) * DAY_MS
}
