/** Time that a worker keeps back from its runs, to store and push their outcomes. */
const RESERVE_MS = 2_000
const RESERVE_SHARE = 0.2

/** Returns the time that runs get of an invocation with this much time: the longest that a run of a lane may take. */
export function runTimeMs(invocationMs: number): number {
  return invocationMs - Math.min(RESERVE_MS, invocationMs * RESERVE_SHARE)
}
