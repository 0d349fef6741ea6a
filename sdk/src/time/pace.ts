/** How long the SDK waits for what, in milliseconds, and how often it tries. */

/** For an answer to a frame, a handshake or a REST request: just over API Gateway's own limit of 29 s. */
export const ANSWER_MS = 30_000
/** Silence after which a client that waits for something pings: well under the idle limit of ten minutes. */
export const PING_EVERY_MS = 4 * 60_000
/** Age at which a connection is replaced: before API Gateway ends it at two hours, with room for retries. */
export const REPLACE_AFTER_MS = 110 * 60_000
/** Spread of the replacements, so that clients that connected together do not come back together. */
export const REPLACE_SPREAD_MS = 5 * 60_000
/** Failures to connect in a row after which, if the platform answers otherwise, sockets are taken to be blocked. */
export const FALLBACK_AFTER = 3
/** How long a blocked socket is not tried again. */
export const POLLING_MS = 60_000
/** How long submits wait while no connection can be made at all. */
export const SUBMIT_PATIENCE_MS = 60_000
/** How long `close` waits for the other side to say goodbye. */
export const GOODBYE_MS = 1_000
/** How often one frame, one job or one REST request is sent before it fails. */
export const MAX_SENDS = 6
/** Frames of one kind that may be unanswered at a time. */
export const MAX_FRAMES_IN_FLIGHT = 4
/** Jobs in one submit frame: whole batches of 25 records and of 10 messages, and an answer far under its limit. */
export const JOBS_PER_FRAME = 250

const BACKOFF_BASE_MS = 250
const BACKOFF_CAP_MS = 30_000

/** Exponential backoff with full jitter: anything from nothing to the doubled delay. */
export function backoffMs(failures: number, random: () => number): number {
  return random() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** failures)
}
