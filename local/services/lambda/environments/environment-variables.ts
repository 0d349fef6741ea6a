import { devNull } from 'node:os'
import type { CloudContext } from '../../../context.ts'
import type { Credentials } from '../../iam/service.ts'
import type { FunctionConfiguration } from '../definition/function-configuration.ts'

/**
 * Keeps SDKs from the files of this machine, which may name other endpoints and credentials, and from the services that
 * give credentials to machines at AWS.
 */
const NO_SETTINGS_OF_THE_HOST = {
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: 'true',
}

/** Variables by which an SDK would leave the local cloud, wherever they come from. */
const LEADS_AWAY =
  /^AWS_(?:ENDPOINT_URL_\w+|IGNORE_CONFIGURED_ENDPOINT_URLS|PROFILE|DEFAULT_PROFILE|CONFIG_FILE|SHARED_CREDENTIALS_FILE|EC2_METADATA\w*|CONTAINER_\w+|WEB_IDENTITY_TOKEN_FILE|ROLE_ARN)$/

/** Returns the places in which SDKs look for profiles. */
function hostSettings(): Record<string, string> {
  const names = ['HOME', 'USERPROFILE', 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_PROFILE']
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  )
}

/**
 * Returns a function's whole `process.env`: the variables of AWS and of the template. From the host comes only PATH,
 * unless the function may reach AWS itself.
 */
export function environmentVariables(
  { region, endpoint, allowRealAws = false }: CloudContext,
  configuration: FunctionConfiguration,
  own: { credentials: Credentials; taskRoot: string; logStream: string },
): Record<string, string> {
  const { name, memorySizeMb, runtime, handler, logGroup, logging } = configuration
  const ownVariables = Object.entries(configuration.variables)
  return {
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    // The SDK would put a warning into every log if the host runs an older Node.js than the function asks for.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...(allowRealAws ? hostSettings() : NO_SETTINGS_OF_THE_HOST),
    ...Object.fromEntries(ownVariables.filter(([variable]) => allowRealAws || !LEADS_AWAY.test(variable))),
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
