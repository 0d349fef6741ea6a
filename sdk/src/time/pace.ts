/** The time limits of the SDK in milliseconds, and its numbers of tries. */

/** The wait for an answer to a frame, a handshake or a REST request: just over API Gateway's own limit of 29 s. */
export const ANSWER_MS = 30_000
/** Silence after which a client that waits for something pings: well under the idle limit of ten minutes. */
export const PING_EVERY_MS = 4 * 60_000
/** Age at which a connection is replaced: before API Gateway ends it at two hours, with room for retries. */
export const REPLACE_AFTER_MS = 110 * 60_000
/** Spread of the replacements, so that clients that connected together do not come back together. */
export const REPLACE_SPREAD_MS = 5 * 60_000
/** After so many failures to connect in a row, sockets count as blocked, if the platform answers otherwise. */
export const FALLBACK_AFTER = 3
/** The time until a blocked socket is tried again. */
export const POLLING_MS = 60_000
/** The time that submits wait while no connection can be made at all. */
export const SUBMIT_PATIENCE_MS = 60_000
/** The time that `close` waits for the closing handshake. */
export const GOODBYE_MS = 1_000
/** The number of sends of a frame, a job or a REST request before it fails. */
export const MAX_SENDS = 6
/** The number of frames of one type that may be unanswered at a time. */
export const MAX_FRAMES_IN_FLIGHT = 4
/** The jobs in one submit frame: a multiple of 25 records and of 10 messages, with an answer far under its limit. */
export const JOBS_PER_FRAME = 250

const BACKOFF_BASE_MS = 250
const BACKOFF_CAP_MS = 30_000

/** Exponential backoff with full jitter: a random time up to the doubled delay. */
export function backoffMs(failures: number, random: () => number): number {
  return random() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** failures)
}
