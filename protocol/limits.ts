/** The wire's limits. The first group is AWS's own and fixed; the second is ours. */

/** API Gateway closes a WebSocket with 1009 on a larger frame; browsers cannot fragment. */
export const MAX_FRAME_BYTES = 32 * 1024
/** API Gateway's limit for one WebSocket message, in either direction. */
export const MAX_SOCKET_MESSAGE_BYTES = 128 * 1024
/** API Gateway's limit for one REST request or answer. */
export const MAX_REST_BODY_BYTES = 10 * 1024 * 1024

/** The largest input or output of a job, as JSON. */
export const MAX_PAYLOAD_BYTES = 100 * 1024
/** The most jobs in one REST submit. */
export const MAX_JOBS_PER_REQUEST = 10_000
/** The most jobs in one submit frame: its answer, one outcome for each, must fit one message. */
export const MAX_JOBS_PER_FRAME = 1_000
/** The most ids in one subscribe frame. */
export const MAX_IDS_PER_FRAME = 500
/** The longest id of a job or of a session. */
export const MAX_ID_LENGTH = 128
/** The longest name of a task. */
export const MAX_TASK_NAME_LENGTH = 128
/** The longest message of an error that a record keeps. */
export const MAX_ERROR_MESSAGE_LENGTH = 2_000
