/**
 * The largest object. This limit is ours: AWS takes 5 GB in one request, but here every object passes through memory.
 */
export const MAX_OBJECT_BYTES = 64 * 1024 * 1024
/** The limits below are AWS's own. */
export const MAX_KEY_BYTES = 1_024
export const MAX_KEYS_PER_LIST = 1_000
export const MAX_KEYS_PER_DELETE = 1_000
export const MAX_PRESIGNED_SECONDS = 7 * 24 * 3_600
/** The least size of every part of an upload but the last. */
export const MIN_PART_BYTES = 5 * 1024 * 1024
export const MAX_PART_NUMBER = 10_000
