/** Rounds up to a whole second, because a job store counts the expiry of a record in seconds. */
export function wholeSecond(ms: number): number {
  return Math.ceil(ms / 1_000) * 1_000
}
