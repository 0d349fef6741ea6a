import { AssemblyError } from '../../assembly/assembly-error.ts'
import { requireKnownProperties } from '../../assembly/properties.ts'
import type { ResolvedResource } from '../service.ts'

export interface MappingSettings {
  readonly logicalId: string
  readonly queueArn: string
  /** A name or an ARN, as in the template. */
  readonly functionName: string
  readonly batchSize: number
  readonly windowMs: number
  readonly reportsItemFailures: boolean
  readonly maximumConcurrency?: number
  readonly enabled: boolean
}

const MAX_BATCH_SIZE = 10_000
const MAX_BATCH_SIZE_WITHOUT_WINDOW = 10
const MAX_WINDOW_SECONDS = 300

/** Reads a mapping with AWS's own checks. An `AssemblyError` names what is wrong. */
export function readMappingSettings(resource: ResolvedResource): MappingSettings {
  const { logicalId, properties } = resource
  if (properties['FilterCriteria'] !== undefined) {
    throw new AssemblyError(`${logicalId}: the local cloud does not implement FilterCriteria. Filter in the function.`)
  }
  requireKnownProperties(resource, {
    implemented: [
      'BatchSize',
      'Enabled',
      'EventSourceArn',
      'FunctionName',
      'FunctionResponseTypes',
      'MaximumBatchingWindowInSeconds',
      'ScalingConfig',
    ],
  })
  const queueArn = String(properties['EventSourceArn'])
  if (!queueArn.startsWith('arn:aws:sqs:')) {
    throw new AssemblyError(`${logicalId}: the local cloud implements event sources of SQS only, not ${queueArn}.`)
  }
  const whole = (name: string, value: unknown, least: number, most: number, byDefault: number): number => {
    const number = Number(value ?? byDefault)
    if (Number.isInteger(number) && number >= least && number <= most) return number
    throw new AssemblyError(`${logicalId}: ${name} must be a whole number from ${least} to ${most}.`)
  }
  const windowSeconds = properties['MaximumBatchingWindowInSeconds']
  const settings = {
    logicalId,
    queueArn,
    functionName: String(properties['FunctionName']),
    batchSize: whole('BatchSize', properties['BatchSize'], 1, MAX_BATCH_SIZE, 10),
    windowMs: whole('MaximumBatchingWindowInSeconds', windowSeconds, 0, MAX_WINDOW_SECONDS, 0) * 1000,
    reportsItemFailures: readResponseTypes(logicalId, properties['FunctionResponseTypes']),
    enabled: String(properties['Enabled'] ?? true) === 'true',
  }
  if (settings.batchSize > MAX_BATCH_SIZE_WITHOUT_WINDOW && settings.windowMs === 0) {
    throw new AssemblyError(
      `${logicalId}: Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10.`,
    )
  }
  const maximum = readMaximumConcurrency(logicalId, properties['ScalingConfig'])
  return maximum === undefined
    ? settings
    : { ...settings, maximumConcurrency: whole('MaximumConcurrency', maximum, 2, 1000, 2) }
}

function readResponseTypes(logicalId: string, value: unknown): boolean {
  const types = (value ?? []) as readonly unknown[]
  for (const type of types) {
    if (type !== 'ReportBatchItemFailures') {
      throw new AssemblyError(`${logicalId}: unknown FunctionResponseTypes entry ${String(type)}.`)
    }
  }
  return types.length > 0
}

function readMaximumConcurrency(logicalId: string, value: unknown): unknown {
  const scaling = (value ?? {}) as Record<string, unknown>
  for (const name of Object.keys(scaling)) {
    if (name !== 'MaximumConcurrency') {
      throw new AssemblyError(`${logicalId}: the local cloud does not implement ScalingConfig.${name}.`)
    }
  }
  return scaling['MaximumConcurrency']
}
