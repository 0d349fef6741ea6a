/** How long the job queues keep a message: what nothing has received for this long is gone. */
export const JOB_RETENTION_DAYS = 10

/**
 * How often a queue gives out a message before it becomes a dead letter: the most that SQS takes. A retry, a wait for a
 * free slot and an invocation that was throttled all use up a receive, so receives are no measure of failure: the worker
 * itself finds out which job crashes it, and a dead-letter queue gets only what that could not end.
 */
export const JOB_MAX_RECEIVES = 1_000

/**
 * The names of the environment variables that the stack sets and the functions read. This one file is what
 * `lib` may see of `lambdas`.
 */
export const ENVIRONMENT = {
  resultsTable: 'RESULTS_TABLE',
  registryTable: 'REGISTRY_TABLE',
  payloadBucket: 'PAYLOAD_BUCKET',
  /** JSON: `{"<queue>": {"critical": "<url>", "high": …, "normal": …, "low": …}}`. */
  queueUrls: 'QUEUE_URLS',
  /** The management endpoint of the WebSocket API: `https://<apiId>.execute-api.<region>.<suffix>/<stage>`. */
  socketEndpoint: 'SOCKET_ENDPOINT',
  /** EventBridge Scheduler's group of this deployment, and the role in whose name it acts. */
  scheduleGroup: 'SCHEDULE_GROUP',
  schedulerRole: 'SCHEDULER_ROLE_ARN',
  /** The function that a schedule calls. */
  scheduledFunction: 'SCHEDULED_FUNCTION_ARN',
  tokenSecretId: 'TOKEN_SECRET_ID',
  /** Where webhooks wait for their delivery. */
  webhookQueueUrl: 'WEBHOOK_QUEUE_URL',
  /** What the secrets of webhooks follow from. */
  webhookSecretId: 'WEBHOOK_SECRET_ID',
  /** `public` or `any`: which receivers of webhooks are called. */
  webhookTargets: 'WEBHOOK_TARGETS',
  resultShards: 'RESULT_SHARDS',
  resultTtlSeconds: 'RESULT_TTL_SECONDS',
} as const
