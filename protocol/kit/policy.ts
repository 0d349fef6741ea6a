import { MAX_CONCURRENCY } from './limits.ts'

/**
 * Milliseconds, or a number with a unit: `'250ms'`, `'30s'`, `'2m'`, `'1h'`, `'7d'`.
 *
 * @example
 * const timeout: Duration = '2m'
 */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

/**
 * The wait before another attempt: exponential, with full jitter.
 *
 * @example
 * const backoff: Backoff = { initial: '2s', cap: '1m' }
 */
export interface Backoff {
  /** The longest wait before the second run; it doubles with each further one. 1 second by default. */
  readonly initial?: Duration
  /** The longest wait before any run. 5 minutes by default. */
  readonly cap?: Duration
}

/**
 * The number of runs of a task that may be under way at once, from 1 to 1,000. A job beyond a limit waits. The wait
 * counts no attempt, and only its own `startWithin` can end it.
 *
 * @example
 * const concurrency: ConcurrencyLimit = { limit: 20, perGroup: 2 }
 */
export interface ConcurrencyLimit {
  /** The limit for a whole namespace. */
  readonly limit?: number
  /** The limit for each `group` of jobs in a namespace. It does not apply to jobs without a group. */
  readonly perGroup?: number
}

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Converts a duration to milliseconds. Throws a `RangeError` that names the value if it is not a duration. */
export function durationMs(duration: Duration): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration as string) ?? []
  const ms = typeof duration === 'number' ? duration : Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]
  if (!(ms >= 0 && ms < Infinity)) {
    throw new RangeError(
      `"${duration}" is not a duration: give milliseconds or a string like "250ms", "30s", "2m", "1h".`,
    )
  }
  return ms
}

/** Throws a `RangeError` that says what is wrong with a task's limits. */
export function checkConcurrency(concurrency: ConcurrencyLimit): void {
  const rule = `It must be a whole number from 1 to ${MAX_CONCURRENCY}. Leave it out for no limit.`
  for (const [name, value] of Object.entries(concurrency)) {
    if (name !== 'limit' && name !== 'perGroup') {
      throw new RangeError(`"concurrency" has no field "${name}". It may have "limit" and "perGroup".`)
    }
    if (value !== undefined && !isLimit(value)) {
      throw new RangeError(`"concurrency.${name}" is ${JSON.stringify(value)}. ${rule}`)
    }
  }
}

/** Returns true if the value is a number of runs that can be a limit. */
export function isLimit(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_CONCURRENCY
}
