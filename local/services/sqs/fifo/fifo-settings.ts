import { AwsError } from '../../../wire/call.ts'

/** The settings that only a FIFO queue has. */
export interface FifoSettings {
  readonly contentBasedDeduplication: boolean
  readonly deduplicationScope: string
  /** Shows in the attributes. No queue here has a limit of throughput. */
  readonly throughputLimit: string
}

const VALUES: Readonly<Record<string, readonly string[]>> = {
  ContentBasedDeduplication: ['false', 'true'],
  DeduplicationScope: ['queue', 'messageGroup'],
  FifoThroughputLimit: ['perQueue', 'perMessageGroupId'],
}

/** The names of the settings that only a FIFO queue has. */
export const FIFO_NAMES: readonly string[] = ['FifoQueue', ...Object.keys(VALUES)]

/** Reads the settings of a FIFO queue. Those that are not there keep their `present` values. */
export function readFifoSettings(
  values: Readonly<Record<string, unknown>>,
  present: FifoSettings = {
    contentBasedDeduplication: false,
    deduplicationScope: 'queue',
    throughputLimit: 'perQueue',
  },
): FifoSettings {
  const read = (name: string, value: string): string => {
    const given = String(values[name] ?? value)
    if (VALUES[name]!.includes(given)) return given
    throw new AwsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`)
  }
  const settings = {
    contentBasedDeduplication: read('ContentBasedDeduplication', String(present.contentBasedDeduplication)) === 'true',
    deduplicationScope: read('DeduplicationScope', present.deduplicationScope),
    throughputLimit: read('FifoThroughputLimit', present.throughputLimit),
  }
  if (settings.throughputLimit === 'perMessageGroupId' && settings.deduplicationScope !== 'messageGroup') {
    throw new AwsError(
      'InvalidAttributeValue',
      'FifoThroughputLimit can be perMessageGroupId only if DeduplicationScope is messageGroup.',
    )
  }
  return settings
}

export function writeFifoSettings(settings: FifoSettings | undefined): Record<string, string> {
  if (settings === undefined) return {}
  return {
    FifoQueue: 'true',
    ContentBasedDeduplication: String(settings.contentBasedDeduplication),
    DeduplicationScope: settings.deduplicationScope,
    FifoThroughputLimit: settings.throughputLimit,
  }
}
