import type { Clock } from '../../../protocol/kit/clock.ts'

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    // setTimeout fires at once for delays past 2^31 - 1 ms.
    const timer = setTimeout(callback, Math.min(delayMs, 2_147_483_647))
    return () => clearTimeout(timer)
  },
}
