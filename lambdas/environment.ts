/** The job queues keep a message for this long. Then it is deleted, even if nobody has received it. */
export const JOB_RETENTION_DAYS = 10

/**
 * A queue gives a message out so often before it becomes a dead letter: the most that SQS takes. A retry, a wait for a
 * free slot and a throttled invocation all use up a receive, so receives are no measure of failure. The worker itself
 * finds out which job crashes it, and a dead-letter queue gets only the jobs that the worker could not end.
 */
export const JOB_MAX_RECEIVES = 1_000

/**
 * The names of the environment variables that the stack sets and the functions read. `lib` may import this file and
 * `tables.ts`, and nothing else of `lambdas`.
 */
export const ENVIRONMENT = {
  resultsTable: 'RESULTS_TABLE',
  registryTable: 'REGISTRY_TABLE',
  payloadBucket: 'PAYLOAD_BUCKET',
  /** JSON: `{"<queue>": {"critical": "<url>", "high": …, "normal": …, "low": …}}`. */
  queueUrls: 'QUEUE_URLS',
  /** The timeout of a worker function. */
  laneTimeoutMs: 'LANE_TIMEOUT_MS',
  /** The management endpoint of the WebSocket API: `https://<apiId>.execute-api.<region>.<suffix>/<stage>`. */
  socketEndpoint: 'SOCKET_ENDPOINT',
  /** EventBridge Scheduler's group of this deployment, and the role that it acts with. */
  scheduleGroup: 'SCHEDULE_GROUP',
  schedulerRole: 'SCHEDULER_ROLE_ARN',
  /** The queue that gets what EventBridge Scheduler gives up on. */
  scheduleDeadLetters: 'SCHEDULE_DEAD_LETTERS_ARN',
  /** The function that a schedule calls. */
  scheduledFunction: 'SCHEDULED_FUNCTION_ARN',
  tokenSecretId: 'TOKEN_SECRET_ID',
  /** The queue in which webhooks wait for their delivery. */
  webhookQueueUrl: 'WEBHOOK_QUEUE_URL',
  /** The secret from which the secrets of webhooks are derived. */
  webhookSecretId: 'WEBHOOK_SECRET_ID',
  /** The receivers of webhooks that may be called: `public` or `any`. */
  webhookTargets: 'WEBHOOK_TARGETS',
  /** The jobs whose ends are logged: `none`, `failures` or `all`. */
  jobLog: 'JOB_LOG',
  resultShards: 'RESULT_SHARDS',
  resultTtlSeconds: 'RESULT_TTL_SECONDS',
} as const
