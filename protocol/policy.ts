/** Milliseconds, or a number with a unit: `'250ms'`, `'30s'`, `'2m'`, `'1h'`, `'7d'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

/** How long to wait before another attempt: exponential, with full jitter. */
export interface Backoff {
  /** The longest wait before the second run; it doubles with each further one. 1 second by default. */
  readonly initial?: Duration
  /** No wait is longer. 5 minutes by default. */
  readonly cap?: Duration
}

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Reads a duration as milliseconds; throws a `RangeError` that names the value where it is none. */
export function durationMs(duration: Duration): number {
  const match = typeof duration === 'number' ? null : /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration)
  const ms = typeof duration === 'number' ? duration : Number(match?.[1]) * UNIT_MS[match?.[2] as keyof typeof UNIT_MS]
  if (!Number.isFinite(ms) || ms < 0) {
    throw new RangeError(`"${duration}" is no duration: give milliseconds or a string like "250ms", "30s", "2m", "1h".`)
  }
  return ms
}
