import { setImmediate } from 'node:timers/promises'

const NUMBERS_PER_TURN = 50_000

/**
 * Counts the primes below a limit by trial division. It pauses now and then for the other jobs of the same worker: a
 * task that computes without a pause delays their results.
 */
export async function countPrimes(below: number, signal: AbortSignal): Promise<number> {
  if (!Number.isSafeInteger(below) || below < 0) {
    throw new RangeError('"below" must be a whole number that is not negative.')
  }
  let count = 0
  for (let candidate = 2; candidate < below; candidate++) {
    if (isPrime(candidate)) count++
    if (candidate % NUMBERS_PER_TURN === 0) {
      await setImmediate()
      signal.throwIfAborted()
    }
  }
  return count
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) {
    if (candidate % divisor === 0) return false
  }
  return true
}
