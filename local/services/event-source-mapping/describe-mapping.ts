import type { MappingSettings } from './mapping-settings.ts'

export interface DescribedMapping {
  readonly id: string
  readonly arn: string
  readonly functionArn: string
  readonly settings: MappingSettings
  readonly createdAt: number
}

/** Describes a mapping as Lambda's GetEventSourceMapping does. */
export function describeMapping({ id, arn, functionArn, settings, createdAt }: DescribedMapping) {
  const { maximumConcurrency } = settings
  return {
    UUID: id,
    EventSourceMappingArn: arn,
    EventSourceArn: settings.queueArn,
    FunctionArn: functionArn,
    BatchSize: settings.batchSize,
    MaximumBatchingWindowInSeconds: settings.windowMs / 1000,
    State: settings.enabled ? 'Enabled' : 'Disabled',
    StateTransitionReason: 'USER_INITIATED',
    LastModified: createdAt / 1000,
    FunctionResponseTypes: settings.reportsItemFailures ? ['ReportBatchItemFailures'] : [],
    ...(maximumConcurrency !== undefined && { ScalingConfig: { MaximumConcurrency: maximumConcurrency } }),
  }
}
