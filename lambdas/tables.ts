// The names in the two tables that the stack defines and the functions use: `lib` and `lambdas/aws` import them here.

/** The keys of both tables. */
export const PARTITION_KEY = 'pk'
export const SORT_KEY = 'sk'

/** The attribute by which DynamoDB deletes expired items, in seconds since 1970. */
export const TTL_ATTRIBUTE = 'ttl'

/**
 * The index of failed jobs in the results table, and the attribute that is its sort key. Only failed jobs have the
 * attribute and are billed for it, and jobs that run again, until their messages are sent.
 */
export const FAILED_INDEX = 'failed'
export const FAILED_ATTRIBUTE = 'failed'
