/**
 * The largest object. This limit is ours: AWS takes 5 GB in one request, but here every object passes through memory.
 */
export const MAX_OBJECT_BYTES = 64 * 1024 * 1024
/** AWS's own limit. */
export const MAX_KEY_BYTES = 1_024
export const MAX_KEYS_PER_LIST = 1_000
export const MAX_PRESIGNED_SECONDS = 7 * 24 * 3_600
