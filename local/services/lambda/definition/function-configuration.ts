import { AssemblyError } from '../../../assembly/assembly-error.ts'
import { requireKnownProperties, wholeProperty } from '../../../assembly/properties.ts'
import type { ResolvedResource } from '../../service.ts'
import type { FunctionCode } from './function-code.ts'
import { LOG_LEVELS, SYSTEM_LOG_LEVELS } from '../runtime/runtime-messages.ts'
import type { LogLevel, LogSettings, SystemLogLevel } from '../runtime/runtime-messages.ts'

/** A function as the template asks for it, with AWS's defaults filled in. */
export interface FunctionConfiguration {
  readonly name: string
  readonly code: FunctionCode
  /** The ARNs of its layers. */
  readonly layers: readonly string[]
  readonly handler: string
  readonly runtime: string
  readonly roleArn: string
  readonly memorySizeMb: number
  readonly timeoutMs: number
  readonly architecture: string
  readonly variables: Readonly<Record<string, string>>
  readonly logGroup: string
  readonly logging: LogSettings & {
    /** The lowest level of Lambda's own lines that goes to the log group. JSON format only. */
    readonly systemLevel: SystemLogLevel
  }
  readonly reservedConcurrency?: number
}

const IMPLEMENTED = [
  'Architectures',
  'Code',
  'Environment',
  'FunctionName',
  'Handler',
  'Layers',
  'LoggingConfig',
  'MemorySize',
  'PackageType',
  'ReservedConcurrentExecutions',
  'Role',
  'Runtime',
  'Timeout',
]
/** They change networks, encryption, traces and what happens after the last failure, but not how the code runs. */
const HARMLESS = [
  'CodeSigningConfigArn',
  'DeadLetterConfig',
  'EphemeralStorage',
  'FileSystemConfigs',
  'KmsKeyArn',
  'RecursiveLoop',
  'RuntimeManagementConfig',
  'SnapStart',
  'TracingConfig',
  'VpcConfig',
]

/** The variables that AWS sets itself. Nobody else may set them. */
const RESERVED_VARIABLES = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_DEFAULT_REGION',
  'AWS_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_LAMBDA_RUNTIME_API',
  'LAMBDA_TASK_ROOT',
  'LAMBDA_RUNTIME_DIR',
])
const MAX_VARIABLES_BYTES = 4 * 1024
const MEMORY_SIZE_MB = { byDefault: 128, least: 128, most: 10_240 }
const TIMEOUT_SECONDS = { byDefault: 3, least: 1, most: 900 }
const RESERVED_CONCURRENCY = { byDefault: 0, least: 0, most: 10_000 }

/** Reads a function that runs. `standIn` reads one that does not, and that may have any properties. */
export function parseFunction(resource: ResolvedResource, { standIn = false } = {}): FunctionConfiguration {
  if (!standIn) requireKnownProperties(resource, { implemented: IMPLEMENTED, harmless: HARMLESS })
  const { properties } = resource
  const fail = (message: string): never => {
    throw new AssemblyError(`${resource.logicalId} (${resource.type}): ${message}`)
  }
  const text = (property: string): string => {
    const value = properties[property]
    return typeof value === 'string' && value !== '' ? value : fail(`${property} must be a non-empty string.`)
  }
  const name = 'FunctionName' in properties ? text('FunctionName') : resource.logicalId
  const logging = (properties['LoggingConfig'] ?? {}) as Record<string, unknown>
  return {
    name,
    code: standIn ? { source: '' } : parseCode(properties['Code'], fail),
    layers: (properties['Layers'] ?? []) as string[],
    handler: standIn ? 'none' : text('Handler'),
    runtime: standIn ? String(properties['Runtime'] ?? 'none') : text('Runtime'),
    roleArn: text('Role'),
    memorySizeMb: wholeProperty(resource, 'MemorySize', MEMORY_SIZE_MB),
    timeoutMs: wholeProperty(resource, 'Timeout', TIMEOUT_SECONDS) * 1000,
    architecture: parseArchitecture(properties['Architectures'], fail),
    variables: parseVariables(properties['Environment'], fail),
    logGroup: typeof logging['LogGroup'] === 'string' ? logging['LogGroup'] : `/aws/lambda/${name}`,
    logging: parseLogging(logging, fail),
    ...('ReservedConcurrentExecutions' in properties && {
      reservedConcurrency: wholeProperty(resource, 'ReservedConcurrentExecutions', RESERVED_CONCURRENCY),
    }),
  }
}

type Fail = (message: string) => never

const CODE_MEMBERS = ['S3Bucket', 'S3Key', 'S3ObjectVersion', 'SourceKMSKeyArn']

/** `SystemLogLevel` is for the log group: Lambda's own lines always go to the cloud's log as `debug`. */
const LOGGING_MEMBERS = ['LogFormat', 'ApplicationLogLevel', 'SystemLogLevel', 'LogGroup']

function parseCode(code: unknown, fail: Fail): FunctionCode {
  const entries = (code ?? {}) as Record<string, unknown>
  if (typeof entries['ZipFile'] === 'string') return { source: entries['ZipFile'] }
  const unknown = Object.keys(entries).find((key) => !CODE_MEMBERS.includes(key))
  if (unknown !== undefined) {
    fail(`the local cloud does not implement Code.${unknown}: give the code as an asset (lambda.Code.fromAsset).`)
  }
  const key = entries['S3Key']
  return typeof key === 'string' && key !== '' ? { s3Key: key } : fail('Code.S3Key must name the asset of the code.')
}

function parseArchitecture(architectures: unknown, fail: Fail): string {
  const [architecture = 'x86_64', ...more] = (architectures ?? []) as unknown[]
  if (more.length > 0 || (architecture !== 'arm64' && architecture !== 'x86_64')) {
    fail('Architectures must be one of arm64 and x86_64.')
  }
  return architecture
}

function parseVariables(environment: unknown, fail: Fail): Record<string, string> {
  const variables = ((environment ?? {}) as { Variables?: Record<string, unknown> }).Variables ?? {}
  for (const [name, value] of Object.entries(variables)) {
    if (RESERVED_VARIABLES.has(name)) fail(`the environment variable ${name} is reserved by AWS: use another name.`)
    if (!/^[a-zA-Z]\w+$/.test(name)) {
      fail(`the environment variable "${name}" needs a name of two or more letters, digits and _, a letter first.`)
    }
    if (typeof value === 'object') fail(`the environment variable ${name} must be a string.`)
  }
  if (Buffer.byteLength(JSON.stringify(variables)) > MAX_VARIABLES_BYTES) {
    fail('the environment variables exceed the 4 KB that AWS allows a function.')
  }
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]))
}

function parseLogging(logging: Record<string, unknown>, fail: Fail): FunctionConfiguration['logging'] {
  const unknown = Object.keys(logging).find((member) => !LOGGING_MEMBERS.includes(member))
  if (unknown !== undefined) fail(`the local cloud does not implement LoggingConfig.${unknown}.`)
  const {
    LogFormat: format = 'Text',
    ApplicationLogLevel: level = 'INFO',
    SystemLogLevel: systemLevel = 'INFO',
  } = logging
  if (format !== 'Text' && format !== 'JSON') return fail('LoggingConfig.LogFormat must be JSON or Text.')
  if (!LOG_LEVELS.includes(level as LogLevel)) {
    fail(`LoggingConfig.ApplicationLogLevel must be one of ${LOG_LEVELS.join(', ')}.`)
  }
  if (!SYSTEM_LOG_LEVELS.includes(systemLevel as SystemLogLevel)) {
    fail(`LoggingConfig.SystemLogLevel must be one of ${SYSTEM_LOG_LEVELS.join(', ')}.`)
  }
  return { format, level: level as LogLevel, systemLevel: systemLevel as SystemLogLevel }
}
