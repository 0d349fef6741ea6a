/**
 * For every client of AWS: without limits a call whose connection has died (an environment was frozen for minutes, a
 * host is gone) hangs until Lambda ends the invocation, and all jobs of the batch with it. A client tries again by
 * itself. The slowest call of ours is an object of 5 MB.
 */
export const CALL_LIMITS = {
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
} as const
