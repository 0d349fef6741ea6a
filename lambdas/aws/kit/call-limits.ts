/**
 * The time limits of every AWS client. Without them a call on a dead connection (the environment was frozen for
 * minutes, or a host is gone) hangs until Lambda ends the invocation with all jobs of the batch. A client tries again
 * by itself. The slowest call transfers an object of 5 MB.
 */
export const CALL_LIMITS = {
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
} as const
