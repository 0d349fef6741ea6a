import type { Clock } from '../../clock.ts'

/** Throttles as API Gateway does: a bucket of `burst` tokens, refilled at `ratePerSecond`. */
export function createTokenBucket(clock: Clock, ratePerSecond: number, burst: number): () => boolean {
  let tokens = burst
  let filledAt = clock.now()
  return () => {
    const nowMs = clock.now()
    tokens = Math.min(burst, tokens + ((nowMs - filledAt) / 1000) * ratePerSecond)
    filledAt = nowMs
    if (tokens < 1) return false
    tokens -= 1
    return true
  }
}

/** Takes one token. Returns false if none is left. Without limits every request passes. */
export type Throttle = () => boolean

/**
 * Makes a throttle from the two settings of a stage. One setting sets both: the bucket then holds one second's tokens.
 */
export function createThrottle(clock: Clock, rate: number | undefined, burst: number | undefined): Throttle {
  if (rate === undefined && burst === undefined) return () => true
  return createTokenBucket(clock, rate ?? burst!, burst ?? Math.max(1, rate!))
}
