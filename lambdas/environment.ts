/**
 * The names of the environment variables that the stack sets and the functions read. This one file is what
 * `lib` may see of `lambdas`.
 */
export const ENVIRONMENT = {
  resultsTable: 'RESULTS_TABLE',
  registryTable: 'REGISTRY_TABLE',
  /** JSON: `{"<queue>": {"critical": "<url>", "high": …, "normal": …, "low": …}}`. */
  queueUrls: 'QUEUE_URLS',
  /** The management endpoint of the WebSocket API: `https://<apiId>.execute-api.<region>.<suffix>/<stage>`. */
  socketEndpoint: 'SOCKET_ENDPOINT',
  tokenSecretId: 'TOKEN_SECRET_ID',
  resultShards: 'RESULT_SHARDS',
  resultTtlSeconds: 'RESULT_TTL_SECONDS',
} as const
