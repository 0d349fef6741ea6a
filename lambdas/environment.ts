/** How long the job queues keep a message: what nothing has received for this long is gone. */
export const JOB_RETENTION_DAYS = 10

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
  resultShards: 'RESULT_SHARDS',
  resultTtlSeconds: 'RESULT_TTL_SECONDS',
} as const
