import type { Clock } from '../../../protocol/kit/clock.ts'

export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve)
  })
}

/**
 * Returns the wait before the next attempt, exponential with full jitter: callers that failed together do not come back
 * together. `attempt` counts from 0; `random` returns a number from 0 to 1.
 */
export function backoffMs(
  attempt: number,
  { baseMs, capMs }: { readonly baseMs: number; readonly capMs: number },
  random: () => number = Math.random,
): number {
  return random() * Math.min(capMs, baseMs * 2 ** attempt)
}
