/** The limits of the protocol. The first group is fixed by AWS; the second is ours. */

/** API Gateway closes a WebSocket with 1009 on a larger frame; browsers cannot fragment. */
export const MAX_FRAME_BYTES = 32 * 1024
/** API Gateway's limit for one WebSocket message, in either direction. */
export const MAX_SOCKET_MESSAGE_BYTES = 128 * 1024
/** API Gateway's limit for one REST request. Lambda's own, 6 MB of JSON around it, comes first for most: also a 413. */
export const MAX_REST_BODY_BYTES = 10 * 1024 * 1024

/** The largest input or output of a job, as JSON, each quote and backslash counted twice. See `carriedBytes`. */
export const MAX_PAYLOAD_BYTES = 5 * 1024 * 1024
/** The largest input or output that is kept in the record itself; a larger one goes into the bucket. */
export const MAX_INLINE_BYTES = 100 * 1024
/** The largest input that is sent again with a job that has failed or was cancelled. */
export const MAX_TOLD_INPUT_BYTES = 8 * 1024
/** The deepest nesting of lists and objects in an input, an output, or the data of a progress or a webhook. */
export const MAX_PAYLOAD_DEPTH = 500
/** The most jobs in one REST submit. */
export const MAX_JOBS_PER_REQUEST = 10_000
/** The most jobs in one submit frame: one outcome for each, with ids of any length, must fit into one message. */
export const MAX_JOBS_PER_FRAME = 500
/** The most ids in one subscribe or cancel frame. */
export const MAX_IDS_PER_FRAME = 500
/** The longest id of a job or of a session. */
export const MAX_ID_LENGTH = 128
/** The longest name of a task. */
export const MAX_TASK_NAME_LENGTH = 128
/** The longest idempotency key. */
export const MAX_IDEMPOTENCY_KEY_LENGTH = 256
/** The longest name of a group. */
export const MAX_GROUP_LENGTH = 128
/** The most tags of a job. */
export const MAX_TAGS = 20
/** The longest tag. */
export const MAX_TAG_LENGTH = 64
/** The most entries in a job's metadata. */
export const MAX_METADATA_ENTRIES = 20
/** The longest name of an entry in the metadata. */
export const MAX_METADATA_NAME_LENGTH = 64
/** The longest text in the metadata. */
export const MAX_METADATA_TEXT_LENGTH = 256
/** The longest address of a webhook. */
export const MAX_WEBHOOK_URL_LENGTH = 2_048
/** The largest data of a webhook, as JSON. */
export const MAX_WEBHOOK_DATA_BYTES = 8 * 1024
/** The most requests that are made for one webhook. */
export const MAX_WEBHOOK_ATTEMPTS = 10
/** The longest time that the receiver of a webhook may take to answer. */
export const MAX_WEBHOOK_ANSWER_MS = 10_000
/** The most runs that a job may ask for. */
export const MAX_ATTEMPTS = 100
/** The most runs at once that a task's `concurrency` can name. */
export const MAX_CONCURRENCY = 1_000
/** The longest wait between two runs: SQS hides a message for twelve hours at most. */
export const MAX_BACKOFF_MS = 12 * 3_600_000
/** The longest timeout of one run, which is Lambda's own. */
export const MAX_TIMEOUT_MS = 15 * 60_000
/** The longest delay. */
export const MAX_DELAY_MS = 365 * 86_400_000
/** The longest delay of a message in SQS. */
export const MAX_QUEUE_DELAY_MS = 15 * 60_000
/** The longest `startWithin`. */
export const MAX_START_WITHIN_MS = 365 * 86_400_000
/** The shortest and the longest `ttl` of a record. */
export const MIN_TTL_MS = 60_000
export const MAX_TTL_MS = 2 * 365 * 86_400_000
/** The longest message of an error that a record keeps. */
export const MAX_ERROR_MESSAGE_LENGTH = 2_000
/** The largest progress of a job, as JSON. */
export const MAX_PROGRESS_BYTES = 8 * 1024
/** The most jobs on one page of a list. */
export const MAX_LIST_LIMIT = 1_000
/** The most jobs on a page of a list without a `limit`. */
export const DEFAULT_LIST_LIMIT = 100
/** The most jobs that one request runs again. */
export const MAX_IDS_PER_RETRY = 500
/** The longest name of a schedule. With a time after it, the name becomes the id of a job. */
export const MAX_SCHEDULE_NAME_LENGTH = 100
/** The longest interval of a schedule. */
export const MAX_SCHEDULE_RATE_MS = 365 * 86_400_000
