/** AWS's fixed limits for standard queues. */
export const MAX_MESSAGE_BYTES = 1024 * 1024
/** All messages of one SendMessageBatch together. */
export const MAX_BATCH_BYTES = 1024 * 1024
export const MAX_BATCH_ENTRIES = 10
export const MAX_RECEIVE_MESSAGES = 10
export const MAX_WAIT_SECONDS = 20
export const MAX_DELAY_SECONDS = 900
export const MAX_VISIBILITY_SECONDS = 43_200
export const MIN_RETENTION_SECONDS = 60
export const MAX_RETENTION_SECONDS = 1_209_600
export const MAX_IN_FLIGHT = 120_000
export const MAX_MESSAGE_ATTRIBUTES = 10
/** One billed request covers this much payload. */
export const BILLED_STEP_BYTES = 64 * 1024
