import { createHash } from 'node:crypto'
import { uuidOfHash } from '../../../uuid-of-hash.ts'
import type { FunctionCode } from '../definition/function-code.ts'
import type { FunctionPool } from '../functions/function-pool.ts'

/** Describes a function as GetFunctionConfiguration does. */
export function describeFunction({ configuration, functionArn }: FunctionPool): Record<string, unknown> {
  const { logging } = configuration
  const digest = createHash('sha256').update(codeName(configuration.code)).digest()
  return {
    FunctionName: configuration.name,
    FunctionArn: functionArn,
    Runtime: configuration.runtime,
    Role: configuration.roleArn,
    Handler: configuration.handler,
    CodeSize: 0,
    Description: '',
    Timeout: configuration.timeoutMs / 1000,
    MemorySize: configuration.memorySizeMb,
    // The asset's name changes with its content, and nothing else about a function does.
    LastModified: '2020-01-01T00:00:00.000+0000',
    CodeSha256: digest.toString('base64'),
    Version: '$LATEST',
    TracingConfig: { Mode: 'PassThrough' },
    RevisionId: uuidOfHash(digest.toString('hex')),
    PackageType: 'Zip',
    State: 'Active',
    LastUpdateStatus: 'Successful',
    Architectures: [configuration.architecture],
    EphemeralStorage: { Size: 512 },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    Environment: { Variables: configuration.variables },
    LoggingConfig: {
      LogFormat: logging.format,
      ...(logging.format === 'JSON' && {
        ApplicationLogLevel: logging.level,
        SystemLogLevel: logging.systemLevel,
      }),
      LogGroup: configuration.logGroup,
    },
  }
}

export function describeFunctionWithCode(pool: FunctionPool): Record<string, unknown> {
  const { reservedConcurrency, code } = pool.configuration
  return {
    Configuration: describeFunction(pool),
    Code: { RepositoryType: 'S3', Location: `file:${codeName(code)}` },
    ...(reservedConcurrency !== undefined && { Concurrency: { ReservedConcurrentExecutions: reservedConcurrency } }),
  }
}

function codeName(code: FunctionCode): string {
  return 's3Key' in code ? code.s3Key : createHash('sha256').update(code.source).digest('hex')
}
