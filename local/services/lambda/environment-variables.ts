import type { CloudContext } from '../../context.ts'
import type { Credentials } from '../iam/service.ts'
import type { FunctionConfiguration } from './function-configuration.ts'

/**
 * Returns a function's whole `process.env`: the variables of AWS and of the template. From the host comes only PATH.
 */
export function environmentVariables(
  { region, endpoint }: CloudContext,
  configuration: FunctionConfiguration,
  own: { credentials: Credentials; taskRoot: string; logStream: string },
): Record<string, string> {
  const { name, memorySizeMb, runtime, handler, logGroup, logging } = configuration
  return {
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    // The SDK would put a warning into every log if the host runs an older Node.js than the function asks for.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...configuration.variables,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: own.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: own.credentials.secretAccessKey,
    AWS_SESSION_TOKEN: own.credentials.sessionToken,
    AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySizeMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: own.logStream,
    AWS_LAMBDA_LOG_FORMAT: logging.format,
    ...(logging.format === 'JSON' && { AWS_LAMBDA_LOG_LEVEL: logging.level }),
    LAMBDA_TASK_ROOT: own.taskRoot,
    _HANDLER: handler,
  }
}
